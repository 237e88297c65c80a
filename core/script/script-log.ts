/** Writes what a script logged to our log, with the script's file and line. */

import { z } from "zod";
import type { Log } from "../base/log.ts";
import { LOG_LENGTH_MAX, LOG_LINES_MAX } from "./limits.ts";
import type { Positions } from "./positions.ts";

const shape = z.object({
	lines: z
		.array(
			z.object({
				level: z.enum(["debug", "info", "warn", "error"]),
				text: z.string().max(LOG_LENGTH_MAX + 1),
				data: z
					.string()
					.max(LOG_LENGTH_MAX + 1)
					.optional(),
				stack: z.string(),
			}),
		)
		.max(LOG_LINES_MAX),
	dropped: z.number(),
});

/** `written` was made inside the isolate; what does not have the shape is left out. */
export function writeScriptLog(
	written: unknown,
	positions: Positions,
	generation: number,
	log: Log,
): void {
	const read = shape.safeParse(written);
	if (!read.success) return;
	for (const { level, text, data, stack } of read.data.lines) {
		const fields = { event: "script.log", generation, script: positions.text(stack) };
		log[level](data === undefined ? fields : { ...fields, data }, text);
	}
	if (read.data.dropped > 0)
		log.warn(
			{ event: "script.log", generation, dropped: read.data.dropped },
			`the script wrote more than ${LOG_LINES_MAX} lines in one hook`,
		);
}
