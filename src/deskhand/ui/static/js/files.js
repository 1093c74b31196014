// <desk-files>: files are uploaded at once, one after the other, and sent with the form by their keys; the form waits for them.
// Each is a row of its list; the words are the element's data, what became of a file the server says.
import { fill, megabytes, readable, Row } from "./files_row.js";
import { gather } from "./gather.js";
import { upload } from "./upload.js";

class Files extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.list = this.querySelector("ul");
    this.input = this.form.querySelector("input[type=file]");
    this.rows = new Map(); // element → Row, of those that are not there yet
    this.ended = new AbortController();
    gather(this.form, this.input, (files) => this.add(files), this.ended.signal);
    this.form.addEventListener("submit", (event) => this.hold(event), { capture: true, signal: this.ended.signal });
    this.addEventListener("click", (event) => this.click(event.target.closest("[data-do]")), { signal: this.ended.signal });
    this.restore();
    this.changed();
  }

  disconnectedCallback() {
    this.ended.abort();
    this.sending?.stop();
  }

  add(files) {
    for (const file of files) {
      const row = new Row(this.querySelector("template"), file);
      row.file = file;
      const why = this.refusal(file);
      this.list.append(row.element);
      if (why) this.say(row.is("refused", why));
      else {
        this.rows.set(row.element, row);
        row.draw(file);
      }
    }
    this.changed();
    this.next();
  }

  // What can be known here is said here, before anything is sent; the server looks again.
  refusal(file) {
    const [total, limit] = [this.used + file.size, Number(this.dataset.limit)];
    if (!file.size || (!file.type && !file.name.includes("."))) return fill(this.dataset.folder, file);
    if (!this.input.accept.split(",").some((end) => file.name.toLowerCase().endsWith(end))) return fill(this.dataset.wrongKind, file);
    return total > limit ? fill(this.dataset.tooLarge, { name: file.name, total: megabytes(total), limit: megabytes(limit) }) : "";
  }

  async next() {
    const row = this.find("waiting");
    if (this.sending || !row) return this.sending || this.release();
    row.is("uploading");
    const onprogress = (part) => { row.of("progress").value = part; };
    this.sending = upload(this.dataset.url, row.file, { token: this.form.elements.csrfmiddlewaretoken.value, staged: this.keys, onprogress });
    this.sending.row = row;
    try {
      const [answer] = await this.sending.done;
      this.rows.delete(row.element);
      row.become(document.adoptNode(answer));
      this.say(row.state === "staged" ? fill(this.dataset.staged, { name: row.name, size: readable(row.file.size) }) : answer.textContent);
    } catch (error) {
      if (error.message !== "stopped") this.say(row.is("failed", this.dataset[error.message] ?? this.dataset.failed));
    }
    this.sending = null;
    if (!this.isConnected) return;
    this.changed();
    this.next();
  }

  click(button) {
    const element = button?.closest("li");
    const row = this.rows.get(element);
    if (button?.dataset.do === "remove") this.takeAway(element, row);
    if (button?.dataset.do !== "again") return;
    row.is("waiting");
    this.next();
  }

  takeAway(element, row) {
    const key = element.querySelector("[name=file]")?.value;
    const neighbor = element.nextElementSibling ?? element.previousElementSibling;
    if (row && this.sending?.row === row) this.sending.stop();
    this.rows.delete(element);
    element.remove();
    const headers = { "X-CSRFToken": this.form.elements.csrfmiddlewaretoken.value, "HX-Request": "true" };
    if (key) fetch(`${this.dataset.url}${key}/drop/`, { method: "POST", headers, keepalive: true }).catch(() => {}); // else it is swept
    (neighbor?.querySelector("[data-do=remove]") ?? this.input).focus();
    if (element.dataset.state !== "refused") this.say(fill(this.dataset.gone, { name: element.querySelector(".name").textContent }));
    this.changed();
  }

  // Nothing is sent without a file that its writer believes to be in it.
  hold(event) {
    if (!this.rows.size) return this.draft && sessionStorage.setItem(`sent:${this.draft}`, "");
    event.preventDefault();
    event.stopImmediatePropagation();
    this.held = { submitter: event.submitter };
    this.querySelector(".waits").hidden = false;
    if (!this.sending) this.release();
  }

  release() {
    if (!this.held) return;
    const { submitter } = this.held;
    const failed = this.find("failed");
    this.held = null;
    this.querySelector(".waits").hidden = true;
    if (!failed) return this.form.requestSubmit(submitter?.isConnected ? submitter : null);
    this.say(fill(this.dataset.unsent, failed));
    failed.of("[data-do=again]").focus();
  }

  changed() {
    const { used } = this;
    this.querySelector(".used").hidden = !used;
    this.querySelector("meter").value = used;
    const words = this.querySelector(".used .num");
    words.textContent = fill(words.dataset.words, { used: megabytes(used), limit: megabytes(Number(this.dataset.limit)) });
    if (!this.draft) return;
    const there = this.staged.map((row) => ({ key: row.querySelector("[name=file]").value, name: row.querySelector(".name").textContent, size: row.dataset.size }));
    if (there.length) sessionStorage.setItem(this.draft, JSON.stringify(there));
    else sessionStorage.removeItem(this.draft);
  }

  restore() {
    if (!this.draft || this.list.children.length) return;
    for (const file of JSON.parse(sessionStorage.getItem(this.draft) ?? "[]")) this.list.append(new Row(this.querySelector("template"), file).stage(file.key));
  }

  say(words) {
    document.getElementById("live").textContent = words;
  }

  find(state) {
    return [...this.rows.values()].find((row) => row.state === state);
  }

  get draft() {
    return this.dataset.draft && `draft:${this.dataset.draft}:files`;
  }

  get staged() {
    return [...this.list.querySelectorAll("[data-state=staged]")];
  }

  get keys() {
    return this.staged.map((row) => row.querySelector("[name=file]").value);
  }

  get used() {
    return [...this.list.querySelectorAll("[data-state=staged], [data-state=waiting], [data-state=uploading]")].reduce((sum, row) => sum + Number(row.dataset.size), 0);
  }
}
customElements.define("desk-files", Files);
