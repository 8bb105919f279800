// Drawings of the figures, from the tables beside them: what is drawn can be read there. On canvas, so that no style is written into the
// page; each box keeps its proportions, so that paper takes the drawing as it is. Under the pointer, or with the arrow keys, a drawing tells its
// place's whole row and the rule (the library's own tips are HTML with styles in attributes, which the page's policy refuses).
const charts = new Map();

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const rows = (table) => [...table.tBodies[0].rows];
const names = (table) => rows(table).map((row) => row.cells[0].textContent.trim());
const column = (table, place) => rows(table).map((row) => (row.cells[place].dataset.value === undefined ? null : Number(row.cells[place].dataset.value)));
const minutes = (seconds) => seconds.map((one) => (one === null ? null : Math.round((one / 60) * 100) / 100));
const head = (table, place) => table.tHead.rows[table.tHead.rows.length - 1].cells[place].textContent.trim();

function look() {
  const line = { lineStyle: { color: token("--line") } };
  return {
    text: { color: token("--ink-2"), fontFamily: token("--font"), fontSize: 12 },
    axis: { axisLine: { lineStyle: { color: token("--line-strong") } }, axisTick: { show: false }, splitLine: line },
    middle: token("--brand"), most: token("--clock-paused"), limit: token("--danger"), surface: token("--surface"),
  };
}

/** A frame: plain axes from nought, no motion. The key of the colours stands in the page. */
function frame(of, axis, category, value) {
  const { text } = of;
  const across = axis.type === "value";
  return {
    animation: false, textStyle: text, grid: { left: 8, right: 16, top: 32, bottom: 4, containLabel: true },
    [across ? "yAxis" : "xAxis"]: { type: "category", data: category, inverse: across, ...of.axis, splitLine: { show: false }, axisLabel: text },
    [across ? "xAxis" : "yAxis"]: { type: "value", min: 0, name: value, nameTextStyle: text, nameLocation: "end", ...of.axis, axisLabel: text, ...axis },
  };
}

const DRAW = {
  stages(box, table, of) {
    const staged = frame(of, {}, names(table), box.dataset.axis);
    staged.xAxis.axisLabel = { ...of.text, interval: 0, width: 84, overflow: "break" };
    const bar = (name, data, color) => ({ type: "bar", name, data, itemStyle: { color }, barMaxWidth: 20, barGap: "10%" });
    return {
      ...staged,
      series: [
        bar(head(table, 2), minutes(column(table, 2)), of.middle), bar(head(table, 3), minutes(column(table, 3)), of.most),
        { // a stroke across each stage's bars
          type: "line", name: box.dataset.limit, data: minutes(column(table, 1)), symbol: "rect", symbolSize: [56, 2], lineStyle: { width: 0 },
          itemStyle: { color: of.limit }, emphasis: { disabled: true }, z: 5,
        },
      ],
    };
  },
  holders(box, table, of) {
    const data = column(table, 1);
    return {
      ...frame(of, { type: "value" }, names(table), box.dataset.axis),
      series: [{ type: "bar", data, itemStyle: { color: of.middle }, barMaxWidth: 20, label: { show: true, position: "right", ...of.text, formatter: ({ dataIndex }) => rows(table)[dataIndex].cells[2].textContent } }],
      grid: { left: 8, right: 64, top: 8, bottom: 24, containLabel: true },
    };
  },
  unit(box, table, of, most) {
    const line = (name, data, color, more) => ({ type: "line", name, data, showSymbol: true, symbolSize: 4, itemStyle: { color }, lineStyle: { color, width: 2 }, ...more });
    const limit = Number(box.dataset.seconds) / 60;
    const drawn = [line(head(table, 4), minutes(column(table, 4)), of.middle), line(head(table, 5), minutes(column(table, 5)), of.most)];
    if (limit) drawn.push(line(box.dataset.limit, names(table).map(() => limit), of.limit, { symbol: names(table).length > 1 ? "none" : "rect", symbolSize: [120, 1], emphasis: { disabled: true }, lineStyle: { color: of.limit, width: 1, type: "dashed" } }));
    return { ...frame(of, { max: most }, names(table), box.dataset.axis), series: drawn };
  },
};

/** The top of the one scale that all units share, in minutes. */
function highest(boxes) {
  const found = boxes.flatMap((box) => [...minutes(column(document.getElementById(box.dataset.of), 5)), Number(box.dataset.seconds) / 60]);
  return Math.max(1, Math.ceil(Math.max(...found) / 5) * 5);
}

const tip = document.createElement("div");
tip.className = "tip";
tip.setAttribute("role", "status");
tip.hidden = true;
document.body.append(tip);
let told = null; // the box whose row is told
let at = 0;

/** The rules of a row: of its name, else of the headings over the columns. */
function rules(table, row) {
  const own = row.cells[0].querySelector("a[href^='#rule-']");
  const links = own ? [own] : [...table.tHead.querySelectorAll("a[href^='#rule-']")];
  return links.map((link) => document.getElementById(link.hash.slice(1))).filter(Boolean);
}

/** The upper headings by the column at which each begins. */
function groups(table) {
  const found = {};
  let place = 0;
  for (const cell of table.tHead.rows.length > 1 ? table.tHead.rows[0].cells : []) {
    found[place] = cell.textContent.trim();
    place += cell.colSpan;
  }
  return found;
}

const made = (tag, text, kind = "") => Object.assign(document.createElement(tag), { textContent: text, className: kind });

function tell(box, place, x, y) {
  const table = document.getElementById(box.dataset.of);
  const all = rows(table);
  if (!all.length) return;
  at = Math.min(Math.max(place, 0), all.length - 1);
  const list = document.createElement("dl");
  const over = groups(table);
  [...all[at].cells].slice(1).forEach((cell, nth) => {
    if (over[nth + 1]) list.append(made("dt", over[nth + 1], "tip__group"));
    list.append(made("dt", head(table, nth + 1)), made("dd", cell.textContent.trim()));
  });
  const why = rules(table, all[at]).map((of) => made("p", [...of.cells].map((cell) => cell.textContent.trim()).filter((text) => text !== "—").join(" · ")));
  tip.replaceChildren(made("b", all[at].cells[0].textContent.trim()), list, ...why);
  tip.hidden = false;
  const chart = charts.get(box);
  chart.dispatchAction({ type: "downplay" });
  chart.dispatchAction({ type: "highlight", dataIndex: at });
  told = box;
  const frame = box.getBoundingClientRect();
  const left = x === undefined ? frame.left + 24 : frame.left + x + 16;
  const top = y === undefined ? frame.bottom : frame.top + y + 16;
  tip.style.left = `${Math.max(8, Math.min(left, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${Math.max(8, top + tip.offsetHeight > innerHeight - 8 ? frame.top - tip.offsetHeight - 8 : top)}px`;
}

function hush() {
  if (!told) return;
  charts.get(told)?.dispatchAction({ type: "downplay" });
  told = null;
  tip.hidden = true;
}

const STEPS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };

function listen(box, chart) {
  const across = box.dataset.draw === "holders";
  chart.getZr().on("mousemove", ({ offsetX, offsetY }) => {
    if (!chart.containPixel("grid", [offsetX, offsetY])) return hush();
    const [first, second] = chart.convertFromPixel("grid", [offsetX, offsetY]);
    tell(box, across ? second : first, offsetX, offsetY);
  });
  chart.getZr().on("globalout", hush);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return hush();
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    tell(box, told === box ? at + step : 0);
  });
  box.addEventListener("focus", () => box.matches(":focus-visible") && tell(box, 0));
  box.addEventListener("blur", hush);
}

function draw() {
  const boxes = [...document.querySelectorAll("[data-draw]")];
  const most = highest(boxes.filter((box) => box.dataset.draw === "unit"));
  const of = look();
  hush();
  for (const [box, chart] of charts) {
    if (!box.isConnected) {
      chart.dispose();
      charts.delete(box);
    }
  }
  for (const box of boxes) {
    const table = document.getElementById(box.dataset.of);
    box.hidden = false;
    if (!charts.has(box)) {
      box.setAttribute("role", "img");
      box.setAttribute("aria-label", table.caption.textContent.trim());
      box.tabIndex = 0;
      charts.set(box, window.echarts.init(box, null, { renderer: "canvas" }));
      listen(box, charts.get(box));
      sizes.observe(box);
    }
    charts.get(box).setOption(DRAW[box.dataset.draw](box, table, of, most), true);
  }
}

const sizes = new ResizeObserver((seen) => {
  for (const { target } of seen) charts.get(target)?.resize();
});

if (window.echarts) {
  draw();
  document.addEventListener("figures", draw);
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}
