// <desk-copy data-of="ID">: its button puts the text of that element on the clipboard, and says so. Without this file (or without
// a clipboard) there is no button, and the text is selected whole by a click.
class Copy extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    if (!button || !navigator.clipboard) return;
    button.hidden = false;
    const words = button.querySelector("span");
    const before = words.textContent;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(this.dataset.of).textContent.trim());
      words.textContent = this.dataset.done;
      document.getElementById("live").textContent = this.dataset.done;
      setTimeout(() => { words.textContent = before; }, 3000);
    });
  }
}
customElements.define("desk-copy", Copy);
