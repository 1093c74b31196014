// A row of <desk-files>: a file that waits, is on its way ("uploading"), is there ("staged"), did not get through ("failed") or
// was refused. The state is the element's attribute; this knows how to change it.
export class Row {
  constructor(template, { name, size }) {
    this.element = template.content.firstElementChild.cloneNode(true);
    this.name = name;
    this.element.dataset.size = size;
    this.of(".name").textContent = this.of(".name").title = name;
    this.of(".num").textContent = readable(size);
    for (const part of this.element.querySelectorAll("[aria-label]")) part.setAttribute("aria-label", fill(part.getAttribute("aria-label"), { name }));
  }

  of(selector) {
    return this.element.querySelector(selector);
  }

  get state() {
    return this.element.dataset.state;
  }

  // Returns the reason, for who cannot see it.
  is(state, reason = "") {
    this.element.dataset.state = state;
    this.of(".reason").textContent = reason;
    this.of("[data-do=again]").hidden = state !== "failed";
    this.of("progress").hidden = state !== "waiting" && state !== "uploading";
    return reason;
  }

  // The server's own row takes this one's place; the small picture and the focus stay.
  become(row) {
    const picture = this.of("canvas");
    if (picture && row.dataset.state === "staged") row.querySelector(".thumb").replaceChildren(picture);
    const hadFocus = this.element.contains(document.activeElement);
    this.element.replaceWith(row);
    if (hadFocus) row.querySelector("button").focus();
    this.element = row;
  }

  // There already: the server knows it by its key.
  stage(key) {
    this.element.prepend(Object.assign(document.createElement("input"), { type: "hidden", name: "file", value: key }));
    this.is("staged");
    return this.element;
  }

  async draw(file) {
    if (!/^image\/(png|jpeg)$/.test(file.type) || file.size > 15e6) return;
    const picture = await createImageBitmap(file).catch(() => null);
    if (!picture) return;
    const canvas = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
    const scale = Math.max(SIDE / picture.width, SIDE / picture.height);
    const [width, height] = [picture.width * scale, picture.height * scale];
    canvas.getContext("2d").drawImage(picture, (SIDE - width) / 2, (SIDE - height) / 2, width, height);
    this.of(".thumb").replaceChildren(canvas);
    picture.close();
  }
}

const SIDE = 72; // pixels, twice what it is shown at
const MB = 2 ** 20;
const number = (value, digits) => new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: digits }).format(value);

export const megabytes = (bytes) => number(Math.ceil((bytes * 10) / MB) / 10, 1); // as the server says it
export const readable = (bytes) => (bytes < MB ? `${number(Math.max(1, Math.ceil(bytes / 1024)), 0)} kB` : `${megabytes(bytes)} MB`);
export const fill = (words, values) => words.replace(/\{(\w+)\}/g, (found, name) => values[name] ?? found);
