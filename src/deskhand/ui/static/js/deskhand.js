// Everything works without this file; each module makes one kind of element nicer.
import "./asked_if.js";
import "./clock.js";
import "./composer.js";
import "./countdown.js";
import "./counter.js";
import "./fields.js";
import "./files.js";
import "./fresh.js";
import "./live.js";
import "./menu.js";
import "./once.js";
import "./read_file.js";
import "./seen.js";
import "./shortcuts.js";
import "./thread.js";
import "./toast.js";
import "./unfold.js";
