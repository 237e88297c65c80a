/**
 * Stands at the proxy's border and holds every message against RFC 3261: what came in, what went
 * out, and whether the one may follow from the other. It keeps what it needs per transaction, in
 * records of its own.
 */
import type { Milliseconds } from "../../core/base/clock.ts";
import type { Flow } from "../../core/base/flow.ts";
import type { Agenda } from "./agenda.ts";
import { branchOf, type Sip } from "./sip.ts";

/** What must not happen, and in which call it did. */
export class Violation extends Error {
	override readonly name = "Violation";
	readonly callId: string;

	constructor(rule: string, callId: string) {
		super(rule);
		this.callId = callId;
	}
}

/** A request that the proxy received, and what it answered. */
type Received = {
	readonly request: Sip;
	/** Its Vias, the topmost stamped with where it came from. */
	readonly vias: readonly string[];
	readonly at: Milliseconds;
	/** The first final response; 0 before. */
	status: number;
	/** Text of each final response by its To tag. */
	readonly finals: Map<string, string>;
	readonly branches: Sent[];
	/** When the first 2xx went out. */
	acceptedAt: Milliseconds;
	/** When the first final response went out. */
	finalAt: Milliseconds;
	/** Nobody else is to be called from then on, and those that ring are to stop. */
	stoppedAt: Milliseconds | undefined;
	/** A refusal has its ACK. */
	acknowledged: boolean;
};

/** A request that the proxy sent, and what came back. */
type Sent = {
	readonly request: Sip;
	readonly at: Milliseconds;
	readonly udp: boolean;
	readonly origin: Received | undefined;
	provisionalAt: Milliseconds | undefined;
	/** Timed out, or could not be sent: what comes now is too late. */
	closed: boolean;
	final: number;
	finalAt: Milliseconds;
	cancelledAt: Milliseconds | undefined;
};

/** 64*T1. */
const LIFETIME: Milliseconds = 32_000;
const TICK: Milliseconds = 10;
/** Shortly before, it is certain that a transaction still lives. */
const CERTAIN: Milliseconds = LIFETIME - 200;

export class Watch {
	/** Of calls that the script drops: they get no answer. */
	readonly dropped = new Set<string>();
	/** Of calls that follow a 3xx in place of whoever sent it. */
	readonly recursing = new Set<string>();
	readonly #agenda: Agenda;
	readonly #received = new Map<string, Received>();
	readonly #sent = new Map<string, Sent>();
	/** What has to follow at once from the response that is being taken. */
	#owed: { readonly what: string; readonly because: Sip } | undefined;

	constructor(agenda: Agenda) {
		this.#agenda = agenda;
	}

	/** A message reaches the proxy. */
	received(sip: Sip, flow: Flow): void {
		if (sip.status !== 0) return this.#answered(sip);
		this.#ofInviteReceived(sip);
		const key = `${sip.branch} ${sip.method}`;
		const known = this.#received.get(key);
		// An ACK is forwarded without state: each one is new, and may come on another connection. So is
		// a repeat that was so long on its way that nobody can know it any more (Timer J).
		const forgotten = known !== undefined && known.status !== 0 && this.#expired(known.finalAt);
		if (known !== undefined && sip.method !== "ACK" && !forgotten) return;
		const { now: at } = this.#agenda;
		const vias = stamped(sip.vias, flow);
		this.#received.set(key, {
			...{ request: sip, vias, at, status: 0, finals: new Map(), branches: [] },
			...{ acceptedAt: 0, finalAt: 0, stoppedAt: undefined, acknowledged: false },
		});
	}

	/** The proxy has done all that it does at once. */
	taken(): void {
		const owed = this.#owed;
		this.#owed = undefined;
		if (owed !== undefined) throw violation(owed.because, `is followed by ${owed.what} at once`);
	}

	/** A message leaves the proxy. */
	sent(sip: Sip, flow: Flow): void {
		if (this.#owed?.what === whatIs(sip)) this.#owed = undefined;
		if (sip.status !== 0) this.#responded(sip);
		else this.#requested(sip, flow);
	}

	/** When all is quiet: everything that was asked is answered, and everything that rings is cancelled. */
	finish(): void {
		for (const received of this.#received.values()) this.#ended(received);
		for (const sent of this.#sent.values()) this.#branchEnded(sent);
		this.#received.clear();
		this.#sent.clear();
		this.dropped.clear();
		this.recursing.clear();
	}

	/** The proxy is told that this could not be sent. */
	failed(sip: Sip): void {
		const sent = this.#sent.get(`${sip.branch} ${sip.method}`);
		if (sent === undefined) return;
		if (sent.provisionalAt === undefined && sent.final === 0) sent.closed = true;
	}

	/** When the proxy cancelled the INVITE that a callee got; undefined: it did not, though it heard of it. */
	cancelledAt(invite: Sip): Milliseconds | undefined {
		const sent = this.#sent.get(`${invite.branch} INVITE`);
		const heard = sent?.provisionalAt !== undefined && !sent.closed;
		return heard ? sent.cancelledAt : 0;
	}

	#answered(sip: Sip): void {
		const sent = this.#sent.get(`${sip.branch} ${sip.cseqMethod}`);
		if (sent === undefined) return;
		const { now } = this.#agenda;
		const silent = sent.provisionalAt === undefined && sent.final === 0;
		if (silent && this.#expired(sent.at)) sent.closed = true;
		if (sent.closed) return;
		if (sip.cseqMethod === "INVITE") this.#owe(sip, sent);
		if (sip.status < 200) sent.provisionalAt ??= now;
		else if (sent.final === 0) {
			sent.final = sip.status;
			sent.finalAt = now;
			if (sip.status >= 600 && sent.origin !== undefined) sent.origin.stoppedAt ??= now;
		}
	}

	/** What has to follow from a response to an INVITE, while its transaction lives. */
	#owe(sip: Sip, sent: Sent): void {
		const { final, finalAt, origin } = sent;
		if (sip.status === 100 || origin === undefined || this.#overdue(sent)) return;
		const refusal = sip.status >= 300;
		const again = final >= 300 === refusal && this.#agenda.now - finalAt < CERTAIN;
		if (final !== 0 && (sip.status < 200 || !again)) return;
		const what = refusal ? `ACK ${sip.branch}` : `${sip.status} ${sip.toTag}`;
		if (refusal ? final === 0 || sent.udp : this.#passes(sip, origin))
			this.#owed = { what, because: sip };
	}

	/** §16.7 step 5: before the end everything but a refusal goes on at once, afterwards a 2xx. */
	#passes(sip: Sip, { status, acceptedAt }: Received): boolean {
		if (status === 0) return true;
		return sip.status >= 200 && status < 300 && this.#agenda.now - acceptedAt < CERTAIN;
	}

	/** ACK and CANCEL, as far as they tell something of their INVITE. */
	#ofInviteReceived(sip: Sip): void {
		if (sip.method !== "ACK" && sip.method !== "CANCEL") return;
		const invite = this.#received.get(`${sip.branch} INVITE`);
		if (invite === undefined) return;
		if (sip.method === "ACK") invite.acknowledged = invite.status >= 300;
		// One that came before its INVITE had its answer then, and is a repeat now.
		else if (invite.status === 0 && !this.#received.has(`${sip.branch} CANCEL`))
			invite.stoppedAt ??= this.#agenda.now;
	}

	#requested(sip: Sip, flow: Flow): void {
		const key = `${sip.branch} ${sip.method}`;
		const known = this.#sent.get(key);
		// An ACK may find its peer elsewhere the next time.
		if (known !== undefined && sip.method !== "ACK") {
			expect(known.request.text === sip.text, sip, "a request sent again is the same (§17.1.1.2)");
			return;
		}
		const before = branchOf(known?.request.vias[1] ?? "");
		const same = known === undefined || before === branchOf(sip.vias[1] ?? "");
		expect(same, sip, "a branch is used for one request");
		const invite = this.#sent.get(`${sip.branch} INVITE`);
		const own = invite !== undefined && (sip.method === "ACK" || sip.method === "CANCEL");
		const origin = own ? undefined : this.#originOf(sip);
		if (own) this.#ofInvite(sip, invite);
		else if (origin !== undefined) this.#forwarded(sip, origin);
		const { now: at } = this.#agenda;
		const sent: Sent = {
			...{ request: sip, at, udp: flow.transport === "udp", origin },
			...{ provisionalAt: undefined, closed: false, final: 0, finalAt: 0, cancelledAt: undefined },
		};
		this.#sent.set(key, sent);
		origin?.branches.push(sent);
	}

	/** ACK for a refusal, and CANCEL: RFC 3261 §9.1, §17.1.1.3. */
	#ofInvite(sip: Sip, invite: Sent): void {
		const { request } = invite;
		expect(sip.vias.length === 1, sip, "an ACK or CANCEL of our own has one Via");
		expect(sip.vias[0] === request.vias[0], sip, "it has the Via of its INVITE");
		expect(sip.uri === request.uri, sip, "it has the Request-URI of its INVITE");
		expect(sip.cseq === request.cseq, sip, "it has the number of its INVITE");
		expect(sip.from === request.from && sip.callId === request.callId, sip, "it is of its call");
		expect(String(sip.routes) === String(request.routes), sip, "it has the Routes of its INVITE");
		if (sip.method === "ACK") {
			expect(invite.final >= 300, sip, "an ACK of our own is for a refusal");
			return;
		}
		expect(
			invite.provisionalAt !== undefined,
			sip,
			"no CANCEL before a provisional response (§9.1, TX-40)",
		);
		expect(invite.final === 0, sip, "no CANCEL after a final response (§9.1)");
		expect(sip.to === request.to, sip, "a CANCEL has the To of its INVITE");
		invite.cancelledAt = this.#agenda.now;
	}

	#originOf(sip: Sip): Received {
		const origin = this.#received.get(`${branchOf(sip.vias[1] ?? "")} ${sip.method}`);
		if (origin === undefined) throw violation(sip, "nothing is sent that was not received");
		return origin;
	}

	/** RFC 3261 §16.6. */
	#forwarded(sip: Sip, { request, vias, status, stoppedAt }: Received): void {
		expect(
			stoppedAt === undefined,
			sip,
			"nobody new is called after a CANCEL or a 6xx (§16.7, §16.10)",
		);
		expect(status === 0, sip, "no new branch once there is a final response (§16.7)");
		expect(sip.maxForwards === request.maxForwards - 1, sip, "Max-Forwards is one less");
		expect(sameVias(sip.vias, vias, 1), sip, "the Vias below ours are the ones received");
		expect(sip.cseq === request.cseq, sip, "CSeq is unchanged");
		expect(sip.callId === request.callId, sip, "Call-ID is unchanged");
		expect(sip.fromTag === request.fromTag, sip, "the tag of From is unchanged");
		expect(sip.toTag === request.toTag, sip, "the tag of To is unchanged");
		expect(sip.body === request.body, sip, "the body is unchanged");
	}

	/** RFC 3261 §16.7, §17.2. */
	#responded(sip: Sip): void {
		expect(sip.cseqMethod !== "ACK", sip, "no response to an ACK");
		const received = this.#received.get(`${sip.branch} ${sip.cseqMethod}`);
		if (received === undefined) throw violation(sip, "a response belongs to a request");
		const { request, vias } = received;
		expect(sameVias(sip.vias, vias, 0), sip, "a response has the Vias of its request");
		expect(sip.from === request.from, sip, "From is that of the request");
		expect(sip.callId === request.callId, sip, "Call-ID is that of the request");
		expect(sip.cseq === request.cseq, sip, "CSeq is that of the request");
		const to =
			request.toTag === "" && sip.toTag !== "" ? `${request.to};tag=${sip.toTag}` : request.to;
		expect(sip.to === to, sip, "To is that of the request");
		if (sip.status >= 200) this.#final(sip, received);
		else {
			expect(received.status === 0, sip, "no provisional response after the final one");
			const alone = sip.status === 100 || request.method === "INVITE";
			expect(alone, sip, "nothing but 100 for a non-INVITE (RFC 4320 §4.1)");
		}
	}

	#final(sip: Sip, received: Received): void {
		const { finals, request, status } = received;
		const earlier = finals.get(sip.toTag);
		if (earlier !== undefined) {
			const same = lasting(earlier) === lasting(sip.text);
			expect(same, sip, "a final response sent again is the same");
			const over = received.acknowledged && sip.status !== 401 && sip.status !== 407;
			expect(!over, sip, "a refusal is not sent again once it has its ACK (§17.2.1)");
			return;
		}
		const success = sip.status < 300 && request.method === "INVITE";
		const free = status === 0 || (success && status < 300);
		expect(free, sip, `one final response per transaction, ${status} was sent`);
		if (!success && request.method === "INVITE") this.#best(sip, received);
		finals.set(sip.toTag, sip.text);
		received.status ||= sip.status;
		received.finalAt ||= this.#agenda.now;
		if (!success) return;
		received.stoppedAt ??= this.#agenda.now;
		received.acceptedAt ||= this.#agenda.now;
	}

	/** §16.7 steps 5 and 6: a refusal is the best of what all branches brought. */
	#best(sip: Sip, { branches }: Received): void {
		expect(sip.status !== 503, sip, "a 503 is not passed on (§16.7 step 6)");
		let lowest = 9;
		for (const branch of branches) {
			const { final } = branch;
			const open = final === 0 && branch.udp && !branch.closed && !this.#overdue(branch);
			expect(!open, sip, "no refusal while a branch can still succeed");
			expect(final === 0 || final >= 300, sip, "no refusal after a success");
			if (final >= 600) expect(sip.status >= 600, sip, "a 6xx wins over other refusals");
			if (final >= 300 && final < 400 && this.recursing.has(sip.callId)) continue;
			if (final !== 0 && final < 600) lowest = Math.min(lowest, Math.floor(final / 100));
		}
		const kind = Math.floor(sip.status / 100);
		expect(kind === 6 || kind <= lowest, sip, `the best refusal is a ${lowest}xx`);
	}

	/** 64*T1 since then have passed, and the tick of the timer wheel in which they did. */
	#expired(since: Milliseconds): boolean {
		return Math.ceil((since + LIFETIME) / TICK) * TICK <= this.#agenda.now;
	}

	#overdue({ at, cancelledAt, provisionalAt }: Sent): boolean {
		if (provisionalAt === undefined) return this.#agenda.now - at >= LIFETIME;
		return cancelledAt !== undefined && this.#agenda.now - cancelledAt >= LIFETIME;
	}

	#ended({ request, status, branches, at }: Received): void {
		if (request.method === "ACK" || status !== 0) return;
		if (request.method !== "INVITE") {
			// RFC 4320: silence is right when nothing but a 408, or nothing in time, came back.
			const inTime = ({ final, finalAt }: Sent) =>
				final !== 0 && final !== 408 && finalAt - at < LIFETIME - 1_000;
			expect(!branches.some(inTime), request, "the response to a request is passed on");
		} else expect(this.dropped.has(request.callId), request, "every INVITE is answered");
	}

	#branchEnded({ request, origin, provisionalAt, final, finalAt, cancelledAt, udp }: Sent): void {
		if (request.method !== "INVITE" || provisionalAt === undefined) return;
		const cancelled = cancelledAt !== undefined;
		expect(cancelled || final !== 0 || !udp, request, "what rings is cancelled in the end (§16.8)");
		if (origin?.stoppedAt === undefined) return;
		const due = Math.max(origin.stoppedAt, provisionalAt);
		const over = (final !== 0 && finalAt <= due) || (cancelled && cancelledAt <= due);
		expect(
			over,
			request,
			"what rings is cancelled as soon as it is needed no more (§16.7, §16.10)",
		);
	}
}

/** As `Watch` names what it waits for. */
function whatIs(sip: Sip): string {
	if (sip.status !== 0) return `${sip.status} ${sip.toTag}`;
	return sip.method === "ACK" ? `ACK ${sip.branch}` : "";
}

export function expect(holds: boolean, { callId, inShort }: Sip, rule: string): void {
	if (!holds) throw new Violation(`${inShort}: ${rule}`, callId);
}

function violation({ callId, inShort }: Sip, rule: string): Violation {
	return new Violation(`${inShort}: ${rule}`, callId);
}

/** A challenge is sent without state: only its nonce is new when it is sent again (§8.2.7, §26.3.2.4). */
function lasting(response: string): string {
	return response.replaceAll(/ nonce="[^"]*"/g, "");
}

/** RFC 3261 §18.2.1, RFC 3581 §4. */
function stamped([top = "", ...rest]: readonly string[], { host, port }: Flow): readonly string[] {
	if (!top.endsWith(";rport")) return [top, ...rest];
	return [`${top.slice(0, -";rport".length)};received=${host};rport=${port}`, ...rest];
}

/** `after` from that place on. */
function sameVias(after: readonly string[], before: readonly string[], from: number): boolean {
	return (
		after.length - from === before.length && before.every((via, at) => via === after[at + from])
	);
}
