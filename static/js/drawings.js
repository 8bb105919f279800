// Drawings of the figures, from the tables beside them: what is drawn can be read there. On canvas, so that no style is written into the
// page; each box keeps its proportions, so that paper takes the drawing as it is.
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
          itemStyle: { color: of.limit }, z: 5,
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
    if (limit) drawn.push(line(box.dataset.limit, names(table).map(() => limit), of.limit, { showSymbol: false, lineStyle: { color: of.limit, width: 1, type: "dashed" } }));
    return { ...frame(of, { max: most }, names(table), box.dataset.axis), series: drawn };
  },
};

/** The top of the one scale that all units share, in minutes. */
function highest(boxes) {
  const found = boxes.flatMap((box) => [...minutes(column(document.getElementById(box.dataset.of), 5)), Number(box.dataset.seconds) / 60]);
  return Math.max(1, Math.ceil(Math.max(...found) / 5) * 5);
}

function draw() {
  const boxes = [...document.querySelectorAll("[data-draw]")];
  const most = highest(boxes.filter((box) => box.dataset.draw === "unit"));
  const of = look();
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
      charts.set(box, window.echarts.init(box, null, { renderer: "canvas" }));
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
