// A chosen file's text goes into the field, where it can be read and changed before it is sent. Without it one pastes.
customElements.define("desk-read-file", class extends HTMLElement {
  connectedCallback() {
    this.hidden = false;
    this.querySelector("input").addEventListener("change", async ({ target }) => {
      const field = document.getElementById(this.dataset.for);
      const [file] = target.files;
      if (file) field.value = await file.slice(0, 300_000).text(); // more is refused anyway
      field.focus();
    });
  }
});
