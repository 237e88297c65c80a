/** The leg linter in tests: always on, and whatever it finds is a failure. */
import assert from "node:assert/strict";
import type { Log } from "../../core/base/log.ts";
import type { Config } from "../../core/config/config.ts";

/** The configuration with the linter on for every leg. */
export function linted(config: Config): Config {
	const devices = [...config.devices].map(([name, device]) => {
		const secureSignaling = { ...device.secureSignaling, lint: "on" } as const;
		return [name, { ...device, secureSignaling }] as const;
	});
	const secureSignaling = { ...config.secureSignaling, lint: "on" } as const;
	return { ...config, secureSignaling, devices: new Map(devices) };
}

/** What the linter has said. */
export class Violations {
	readonly #expected: readonly string[];
	readonly #found: object[] = [];

	/** `expected`: rules that a test sees broken, `own-route`, or `clear-text Route` for one header only. */
	constructor(expected: readonly string[] = []) {
		this.#expected = expected;
	}

	/** A log that tells this one too. */
	get log(): Log {
		const note = (fields: object) => this.note(fields);
		return { debug: note, info: note, warn: note, error: note };
	}

	/** The fields of a log line. */
	note(fields: object): void {
		if (!("event" in fields) || fields.event !== "leg.violation" || !("rule" in fields)) return;
		const { rule, header } = { header: "", ...fields };
		const known = [`${rule}`, `${rule} ${header}`];
		if (!known.some((one) => this.#expected.includes(one))) this.#found.push(fields);
	}

	/** Fails with those since the last check. */
	check(): void {
		if (this.#found.length > 0)
			assert.deepEqual(this.#found.splice(0), [], "a message breaks the rules of its leg");
	}
}
