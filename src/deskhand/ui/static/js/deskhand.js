// Everything works without this file; each module makes one kind of element nicer.
import "./composer.js";
import "./countdown.js";
import "./counter.js";
import "./menu.js";
import "./once.js";
import "./seen.js";
import "./shortcuts.js";
import "./thread.js";
import "./toast.js";
