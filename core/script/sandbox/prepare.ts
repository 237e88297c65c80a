/** Runs before the script: takes away what escapes the heap limit, and leads `console` to the log. */
import { scriptConsole } from "./log.ts";

for (const name of ["WebAssembly", "SharedArrayBuffer", "Atomics"])
	Reflect.deleteProperty(globalThis, name);
Object.assign(globalThis, { console: scriptConsole });
