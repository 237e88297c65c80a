/** A SIP peer in memory that a test drives message by message. */
import assert from "node:assert/strict";
import { Peer, type PeerPlace, type PeerWorld } from "../../core/testing/peer.ts";
import type { WireMessage } from "./wire-message.ts";

export type { RequestGiven } from "../../core/testing/peer.ts";
export type PhonePlace = PeerPlace;

/** The world that a phone is part of: the rig. */
export type PhoneWorld = PeerWorld & { readonly transcript: readonly string[] };

export class VirtualPhone extends Peer {
	/** What came and was not taken. */
	readonly unread: WireMessage[] = [];
	readonly #rig: PhoneWorld;

	constructor(rig: PhoneWorld, name: string, place: PhonePlace) {
		super(rig, name, place);
		this.#rig = rig;
	}

	override deliver(text: string): WireMessage {
		const came = super.deliver(text);
		this.unread.push(came);
		return came;
	}

	/** The first message not yet taken with this method, or this status to that method. */
	take(what: string | number, cseqMethod?: string): WireMessage {
		const at = this.unread.findIndex(
			(one) =>
				(one.method ?? one.status) === what &&
				(cseqMethod === undefined || one.cseqMethod === cseqMethod),
		);
		const [found] = at === -1 ? [] : this.unread.splice(at, 1);
		assert.ok(found, `${this.name} got no ${what}:\n${this.#rig.transcript.join("\n")}`);
		return found;
	}
}
