// <desk-if data-field="name" data-value="…">: what it holds is asked only while that field of its form has this answer (any, if
// the value is empty; data-unless: while it has not). What is hidden is disabled: it is not sent, and nothing in it is required. Its text comes back with it. The server decides again.
class AskedIf extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    if (!this.form) return;
    this.look = () => settle(this.form);
    this.form.addEventListener("input", this.look);
    this.look();
  }

  disconnectedCallback() {
    this.form?.removeEventListener("input", this.look);
  }

  get holds() {
    const { field, value } = this.dataset;
    const answers = [...this.form.elements].filter((each) => each.name === field && !each.disabled);
    const isGiven = (each) => (each.type === "checkbox" || each.type === "radio" ? each.checked : each.value.trim() !== "");
    return answers.some((each) => isGiven(each) && (!value || each.value.trim() === value)) !== ("unless" in this.dataset);
  }

  // Whether that changed anything.
  update() {
    const { holds } = this;
    if (holds !== this.hidden) return false;
    this.hidden = !holds;
    for (const field of this.querySelectorAll("input, select, textarea")) field.disabled = !holds;
    return true;
  }
}

// One question may hang on another that hangs on a third.
function settle(form) {
  const all = [...form.querySelectorAll("desk-if")].filter((each) => each.update);
  for (let round = 0; round <= all.length; round += 1) if (!all.map((each) => each.update()).some(Boolean)) return;
}
customElements.define("desk-if", AskedIf);
