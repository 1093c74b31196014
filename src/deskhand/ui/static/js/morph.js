// Make one element look like another with as few changes as possible, so that what somebody uses stays: an open menu, a field
// with the focus or with words in it; the composer is left alone. Children are known again by their id, else by place and class.
const LINE = ".unread-line"; // "New since you were here" is drawn when the page is opened
const KEPT = `desk-composer, [data-kept], ${LINE}`;
const LEFT_ALONE = new Set(["open", "disabled"]);
const isKept = (node) => node.nodeType === Node.ELEMENT_NODE && node.matches(KEPT);
const isAlike = (at, next) => at && !at.id && at.nodeName === next.nodeName && at.className === next.className;
// These begin when they arrive: another one has to arrive.
const isRestarted = (node) => node.matches("desk-seen, desk-countdown");

export function morph(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  if (isKept(old)) return;
  if (isRestarted(old)) {
    if ([...fresh.attributes].some(({ name, value }) => old.getAttribute(name) !== value)) old.replaceWith(document.importNode(fresh, true));
    return;
  }
  for (const { name, value } of fresh.attributes) if (!LEFT_ALONE.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of [...old.attributes]) if (!LEFT_ALONE.has(name) && !fresh.hasAttribute(name)) old.removeAttribute(name);
  morphChildren(old, fresh);
}

export function morphChildren(old, fresh) {
  const known = new Map([...old.children].reverse().filter((child) => child.id).map((child) => [child.id, child]));
  const wanted = new Set([...fresh.children].filter((child) => !child.matches(LINE)).map((child) => child.id).filter(Boolean));
  const isOver = (node) => (isKept(node) ? !wanted.has(node.id) : node.id && !wanted.has(node.id));
  const after = (node) => (isKept(node) ? node.nextSibling : removed(node));
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    if (next.nodeType === Node.ELEMENT_NODE && next.matches(LINE)) continue;
    while (at && isOver(at)) at = after(at);
    const match = next.id ? known.get(next.id) : isAlike(at, next) ? at : null;
    if (!match) {
      old.insertBefore(document.importNode(next, true), at);
      continue;
    }
    known.delete(next.id);
    // What has the focus would lose it on the move: the others move past it.
    if (match !== at && (isKept(match) || match.contains(document.activeElement))) {
      while (at !== match) {
        const passed = at;
        at = at.nextSibling;
        if (wanted.has(passed.id)) match.after(passed);
        else if (!isKept(passed)) passed.remove();
      }
    }
    if (match === at) at = at.nextSibling;
    else old.insertBefore(match, at);
    morph(match, next);
  }
  while (at) at = after(at);
}

function removed(node) {
  const after = node.nextSibling;
  node.remove();
  return after;
}
