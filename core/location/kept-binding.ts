/**
 * Bindings in as little memory as they can be kept in (RFC 3261 §10.3): there may be a hundred thousand of them.
 * V8 leaves room in what was put together step by step, and texts that many phones say are one text here.
 */
import type { Binding } from "../base/binding.ts";
import { own } from "../base/own-text.ts";

export class KeptBindings {
	/** What phones of one make and configuration have in common. */
	readonly #shared = new Map<string, string>();

	/** The same binding. */
	keep(binding: Binding): Binding {
		const { contact, echoed, path, userAgent, node } = binding;
		const made: Complete = {
			device: binding.device,
			contact,
			// Equal texts from the same message may be two.
			echoed: echoed === contact ? contact : echoed,
			display: binding.display,
			params: binding.params,
			scheme: binding.scheme,
			flow: binding.flow,
			expiresAt: binding.expiresAt,
			q: binding.q,
			callId: binding.callId,
			cseq: binding.cseq,
			instance: binding.instance,
			regId: binding.regId,
			path: path.length === 0 ? NONE : path.map((value) => this.#share(value)),
			userAgent: userAgent === undefined ? undefined : this.#share(userAgent),
		};
		return node === undefined ? made : { ...made, node: this.#share(node) };
	}

	#share(text: string): string {
		const known = this.#shared.get(text);
		if (known !== undefined) return known;
		const kept = own(text);
		// Whoever makes up new texts all the time must not fill it for good.
		if (this.#shared.size >= TEXTS_MAX) this.#shared.clear();
		this.#shared.set(kept, kept);
		return kept;
	}
}

/** No field is forgotten; a node has only what is shared by several. */
type Complete = { [Key in Exclude<keyof Binding, "node">]: Binding[Key] };

const NONE: readonly string[] = [];
const TEXTS_MAX = 1_000;
