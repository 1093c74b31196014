// <desk-seen data-url>: tells the server that the page was shown, once somebody really looks at it. Nothing changes on GET.
class Seen extends HTMLElement {
  connectedCallback() {
    this.tell = () => document.visibilityState === "visible" && this.post();
    document.addEventListener("visibilitychange", this.tell);
    this.tell();
  }

  disconnectedCallback() {
    document.removeEventListener("visibilitychange", this.tell);
  }

  // Its row in the list beside it is unread no longer.
  read() {
    const row = document.getElementById(this.dataset.reads ?? "");
    row?.removeAttribute("data-unread");
    row?.querySelector("a .visually-hidden")?.remove();
  }

  post() {
    document.removeEventListener("visibilitychange", this.tell);
    const headers = JSON.parse(document.body.getAttribute("hx-headers"));
    fetch(this.dataset.url, { method: "POST", headers, credentials: "same-origin", redirect: "manual" }).then(() => this.read()).catch(() => {});
  }
}
customElements.define("desk-seen", Seen);
