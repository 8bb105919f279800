// The patrol report: tap what it is, the camera opens; tap send. The position comes from the device meanwhile. What cannot be
// sent now waits in the same queue as everything else.

const find = (selector) => document.querySelector(selector);
const form = document.getElementById("patrol"), field = (name) => form.elements[name];

async function main() {
  const settings = JSON.parse(document.getElementById("settings").textContent), modules = settings.modules;
  const [{ start }, { bytesOf, showThumbs }] = await Promise.all([modules.shell, modules.filling].map((url) => import(url)));
  const sent = new Set();  // reports made on this page
  const shell = await start({ onChange: () => undefined, onAnswer: answered });
  const { words, queue, phone, format } = shell;
  let photos = [];  // {uuid, thumb, item}
  let kept = null;  // {item, draft_key, photos}: of a report that was refused; these photos are with the centre already
  const camera = form.querySelector("[data-shot]");
  let position = "searching", place = null;
  place = phone.follow(showPlace, (state) => { position = state; showPlace(); });

  function showPlace() {
    const line = find("[data-where]"), fix = place && place.latest();
    line.dataset.position = fix ? "here" : position;
    line.querySelector("span").textContent = fix ? words.here.replace("{accuracy}", format.distance(Math.max(1, fix.accuracy))) : words[position === "here" ? "searching" : position];
    if (!fix && (position === "denied" || position === "none")) find("[data-where-else]").open = true;
    step();
  }

  const chosen = () => form.querySelector("[name=category]:checked");
  const elsewhere = () => Boolean((field("zone") && field("zone").value) || field("place_words").value.trim());

  function lacking() {
    if (!chosen()) return "choose_category";
    if (!photos.length && !(kept && kept.photos.length) && !field("text").value.trim()) return "take_photo";
    if (!(place && place.latest()) && !elsewhere()) return "choose_place";
    return "";
  }

  function step() {
    const missing = lacking(), next = find("[data-next]");
    next.textContent = words[missing || "send_report"];
    next.parentElement.classList.toggle("thumb__next--wait", Boolean(missing));
  }

  form.addEventListener("change", async (event) => {
    if (event.target === camera) await shoot();
    else if (event.target.name === "category") {
      find("[data-hint]").textContent = event.target.dataset.hint;
      if (!photos.length && !kept) camera.click();  // the camera opens at once
    }
    step();
  });
  form.addEventListener("input", step);

  async function shoot() {
    for (const file of Array.from(camera.files)) {
      const uuid = phone.uuid(), thumb = await phone.thumb(file), small = await phone.forSending(file);
      photos.push({ uuid, thumb, bytes: await bytesOf(small), type: small.type || file.type });
    }
    camera.value = "";
    showShots();
  }

  function showShots() {
    showThumbs(find("[data-shots]"), photos, words, (photo) => {
      photos = photos.filter((other) => other !== photo);
      showShots();
      step();
    });
    find("[data-kept]").hidden = !(kept && kept.photos.length);
    if (kept) find("[data-kept]").textContent = words.kept_photos.replace("{n}", kept.photos.length);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const missing = lacking();
    if (missing) {
      if (missing === "take_photo") camera.click();
      if (missing === "choose_place") find("[data-where-else]").open = true;
      find({ choose_category: ".tiles", take_photo: ".shots", choose_place: ".where" }[missing]).scrollIntoView({ block: "center" });
      return;
    }
    const fix = elsewhere() ? null : place.latest(), draftKey = kept ? kept.draft_key : phone.uuid().replace(/-/g, ""), title = chosen().parentElement.textContent.trim();
    for (const photo of photos) {
      await queue.add({
        uuid: photo.uuid, verb: "photo", url: settings.urls.upload, title, fields: { kind: "report", draft_key: draftKey },
        bytes: photo.bytes, type: photo.type, thumb: photo.thumb,
      });
    }
    const uuid = phone.uuid();
    sent.add(uuid);
    await queue.add({
      uuid, verb: "report", url: settings.urls.report, title,
      fields: {
        category: chosen().value, text: field("text").value, photos: [...(kept ? kept.photos : []), ...photos.map((photo) => photo.uuid)], draft_key: draftKey, started: field("started").value,
        idempotency_key: uuid, place_words: field("place_words").value, zone: field("zone") ? field("zone").value : "", place_source: fix ? "device" : "zone",
        lon: fix && fix.lon.toFixed(6), lat: fix && fix.lat.toFixed(6), accuracy: fix && Math.round(fix.accuracy),
      },
    });
    if (kept) await queue.remove(kept.item);
    photos = [];
    kept = null;
    form.reset();
    showShots();
    step();
    tell(words.report_saved);
    queue.drain();
  });

  function tell(sentence) {
    const note = document.createElement("p");
    note.className = "notice notice--ok";
    note.textContent = sentence;
    find("[data-refusals]").textContent = "";
    find("[data-refusals]").append(note);
    window.scrollTo(0, 0);
  }

  function answered(item, status, body) {
    if (item.verb !== "report") return;
    if (status >= 200 && status < 300) {
      if (sent.has(item.uuid)) tell(body.number ? words.report_sent.replace("{number}", body.number) : words.report_held);
    } else bringBack(item, body.detail);
  }

  /** Why a report was refused; what it held stands in the form again, to be put right, unless another one is being written there. */
  function bringBack(item, sentence) {
    shell.say(sentence, item);
    const { fields } = item, tile = form.querySelector(`[name=category][value="${CSS.escape(fields.category)}"]`);
    if (chosen() || photos.length || kept || field("text").value.trim() || !tile) return;
    tile.checked = true;
    if (tile.closest("details")) tile.closest("details").open = true;
    for (const name of ["text", "place_words", "zone"]) if (field(name)) field(name).value = fields[name];
    kept = { item, draft_key: fields.draft_key, photos: fields.photos };
    find("[data-where-else]").open = true;
    showShots();
    step();
  }

  showPlace();
  const refused = queue.mine().find((item) => item.verb === "report" && item.refused);
  if (refused) bringBack(refused, refused.refused);
}

main();
