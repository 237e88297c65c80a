/** From a stack of the isolate to the script's own file and line, by the bundle's source map. */
import { SourceMap, type SourceMapPayload } from "node:module";
import { dirname, resolve } from "node:path";
import { type Bundle, CORE } from "./compile.ts";
import { type Place, placeText } from "./place.ts";

/** The name of the bundle in stacks. */
export const BUNDLE_FILE = "sipwright-routes.js";

const FRAME = new RegExp(`${BUNDLE_FILE.replace(".", "\\.")}:(\\d+):(\\d+)`, "g");
/** Frames of the engine's own helpers above the script's. */
const FRAMES_MAX = 20;

export class Positions {
	readonly #bundle: Bundle;
	#map: SourceMap | undefined;

	constructor(bundle: Bundle) {
		this.#bundle = bundle;
	}

	/** The innermost place that is the script's own; undefined when the stack names none. */
	of(stack: string): Place | undefined {
		let frames = 0;
		for (const [, line, column] of stack.matchAll(FRAME)) {
			const place = this.#place(Number(line), Number(column));
			if (place !== undefined && !place.file.startsWith(CORE)) return place;
			frames += 1;
			if (frames === FRAMES_MAX) break;
		}
		return undefined;
	}

	/** `file:line:column` as far as known: for messages. */
	text(stack: string): string {
		const place = this.of(stack);
		return place ? placeText(place) : this.#bundle.entry;
	}

	/** The map takes five times its text, which is kept: it is read again when it is needed. */
	forget(): void {
		this.#map = undefined;
	}

	#place(line: number, column: number): Place | undefined {
		this.#map ??= new SourceMap(JSON.parse(this.#bundle.map) as SourceMapPayload);
		const entry = this.#map.findEntry(line - 1, column - 1);
		if (!("originalSource" in entry)) return undefined;
		return {
			file: resolve(dirname(this.#bundle.entry), entry.originalSource),
			line: entry.originalLine + 1,
			column: entry.originalColumn + 1,
		};
	}
}
