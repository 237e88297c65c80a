/** The leg of one branch as scripts see it: secure signaling G6, G7. */
import type { Scheme } from "../../base/scheme.ts";
import { parseUri } from "../../message/uri.ts";
import type * as Public from "../sipwright.d.ts";
import type { ToldLeg } from "../told.ts";
import { namedDevice } from "./devices.ts";
import { ScriptUri } from "./uri.ts";

class ToldTarget {
	readonly device: Public.Device | undefined;
	readonly #uri: string;

	constructor({ device, uri }: Pick<ToldLeg, "device" | "uri">) {
		this.device = namedDevice(device);
		this.#uri = uri;
	}

	get uri(): ScriptUri {
		return new ScriptUri(parseUri(this.#uri));
	}
}

export class ScriptResponseLeg extends ToldTarget implements Public.ResponseLeg {
	readonly scheme: Scheme;

	constructor(told: ToldLeg) {
		super(told);
		this.scheme = told.scheme;
		Object.freeze(this);
	}
}

export class ScriptTriedTarget extends ToldTarget implements Public.TriedTarget {
	readonly status: number;

	constructor(told: Pick<ToldLeg, "device" | "uri"> & { readonly status: number }) {
		super(told);
		this.status = told.status;
		Object.freeze(this);
	}
}

/** The scheme of it is the script's to choose. */
export class ScriptBranchLeg extends ToldTarget implements Public.BranchLeg {
	readonly side = "callee";
	readonly attempt: number;
	readonly #scheme: Scheme;
	#forced: Scheme | undefined;

	constructor(told: ToldLeg) {
		super(told);
		this.attempt = told.attempt;
		this.#scheme = told.scheme;
	}

	get scheme(): Scheme {
		return this.#forced ?? this.#scheme;
	}

	force(scheme: Scheme): void {
		this.#forced = scheme;
	}

	static forced(leg: ScriptBranchLeg): Scheme | undefined {
		return leg.#forced;
	}
}
