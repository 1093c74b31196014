// A chosen file's text goes into the field, where it can be read and changed before it is sent. Without it one pastes.
// More than data-most bytes is refused anyway. What is not UTF-8 comes from an old spreadsheet: then it is Windows' Latin.
const decoded = (bytes) => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true }); // a cut may go through a letter
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
};
customElements.define("desk-read-file", class extends HTMLElement {
  connectedCallback() {
    this.hidden = false;
    this.querySelector("input").addEventListener("change", async ({ target }) => {
      const field = document.getElementById(this.dataset.for);
      const [file] = target.files;
      if (file) field.value = decoded(await file.slice(0, Number(this.dataset.most || 300_000)).arrayBuffer());
      field.focus();
    });
  }
});
