/**
 * The phone of docs/guides/browsers.md in a headless Chromium: JsSIP over WSS, with digest. It is called by a phone
 * over UDP and calls it, and two of them talk to each other.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Page, servePage, startChromium } from "../support/chromium.ts";
import { closing } from "../support/cleanup.ts";
import { answer, DialogSide, message } from "../support/dialog.ts";
import { freePort } from "../support/ports.ts";
import { type UdpPhone, udpPhone } from "../support/raw-phones.ts";
import { type Sipwright, startSipwright } from "../support/sipwright-process.ts";
import { guidePhone, voice } from "../support/web-page.ts";

const SDP = "Content-Type: application/sdp";
const PASSWORD = "change-me";

/** Sipwright, a browser, and a server of pages: `/1001` is the phone of that number. */
async function scene(t: TestContext, devices: readonly string[] = [], registrar = "{}") {
	const [udp, wss] = [await freePort(), await freePort()];
	const url = `wss://127.0.0.1:${wss}/ws`;
	const scripts = new Map([
		["/1001", await guidePhone("1001", url)],
		["/1002", await guidePhone("1002", url)],
	]);
	scripts.set("/guessed", scripts.get("/1001")?.replaceAll(PASSWORD, "change-it") ?? "");
	const served = await servePage((path) => scripts.get(path) ?? "");
	const pages = closing(t, served, (one) => one.close());
	const origin = `http://127.0.0.1:${pages.port}`;
	const sipwright = await startSipwright({
		config: [
			"listen:",
			`  - udp:127.0.0.1:${udp}`,
			`  - { transport: wss, address: "127.0.0.1:${wss}", paths: [/ws], origins: ["${origin}"] }`,
			"domains: [example.com]",
			"state: ./state",
			`registrar: ${registrar}`,
			"secure-signaling: { lint: on }",
			"devices:",
			`  "1001": { type: Extension, contact: "*", password: "${PASSWORD}" }`,
			`  "1002": { type: Extension, contact: "*", password: "${PASSWORD}" }`,
			...devices,
		].join("\n"),
	});
	closing(t, sipwright, async (one) => {
		const { legViolations } = await one.counters();
		await one.stop();
		assert.equal(legViolations, 0);
	});
	const browser = closing(t, await startChromium(), (one) => one.stop());
	const open = async (user: string) => {
		const page = await browser.open(`${origin}/${user}`);
		await page.says(/^registered$/);
		return page;
	};
	return { browser, sipwright, origin, pages, udp, open };
}

/** A phone over UDP that is called at its address. */
async function deskPhone(t: TestContext) {
	const phone = await udpPhone(t, "6000");
	const uri = phone.contact.slice(1, -1);
	return { phone, uri, device: `  "6000": { type: Extension, contact: "${uri}" }` };
}

function invite(desk: UdpPhone, callId: string): void {
	const lines = [
		`Via: ${desk.via};branch=z9hG4bK${callId}`,
		"Max-Forwards: 70",
		"From: <sip:6000@example.com>;tag=desk",
		"To: <sip:1001@example.com>",
		`Call-ID: ${callId}`,
		"CSeq: 1 INVITE",
		`Contact: ${desk.contact}`,
		SDP,
	];
	desk.peer.send(message("INVITE sip:1001@example.com SIP/2.0", lines, voice("actpass")));
}

type Who = "desk" | "browser";

async function hangsUp(who: Who, side: DialogSide, desk: UdpPhone, page: Page): Promise<void> {
	if (who === "desk") {
		side.send("BYE");
		await desk.peer.response(200, "BYE");
	} else {
		await page.evaluate("hangUp()");
		desk.peer.send(answer(await desk.peer.request("BYE"), "200 OK"));
	}
	await page.says(/^ended$/);
}

async function noneRegistered(sipwright: Sipwright): Promise<void> {
	while ((await sipwright.status()).bindings > 0)
		await new Promise((resolve) => setTimeout(resolve, 50));
}

test("RFC 7118 §8.1, RFC 5627 §6.1 TR-46 TR-49 TR-50 RG-38 RG-39: a browser registers over WSS with digest, a UDP phone calls it, its Contact is its GRUU, either hangs up, and with its tab it is gone", async (t) => {
	const { phone: desk, device } = await deskPhone(t);
	const { sipwright, udp, open } = await scene(t, [device]);
	desk.use("127.0.0.1", udp);
	const page = await open("1001");
	assert.equal((await sipwright.status()).bindings, 1);
	for (const who of ["desk", "browser"] as const) {
		invite(desk, `to-${who}`);
		const ok = await desk.peer.response(200, "INVITE");
		assert.match(ok.value("Contact"), /^<sip:1001@example\.com;gr=urn:uuid:[0-9a-f-]+>/);
		assert.match(ok.body, /UDP\/TLS\/RTP\/SAVPF/);
		const side = DialogSide.caller(desk, ok);
		side.send("ACK");
		await page.says(/^in a call$/);
		await hangsUp(who, side, desk, page);
	}
	await page.close();
	await noneRegistered(sipwright);
	invite(desk, "gone");
	assert.equal((await desk.peer.response(undefined, "INVITE")).status, 480);
});

test("RFC 7118 §8.2 TR-48: a browser calls a UDP phone, without a GRUU to be called back at, and either hangs up", async (t) => {
	const { phone: desk, uri, device } = await deskPhone(t);
	const { udp, open } = await scene(t, [device], "{ gruu: no }");
	desk.use("127.0.0.1", udp);
	const page = await open("1001");
	for (const who of ["desk", "browser"] as const) {
		await page.evaluate("void call('6000')");
		const came = await desk.peer.request("INVITE");
		assert.equal(came.uri, uri);
		assert.match(came.value("Contact"), /\.invalid;transport=ws/);
		const [, mid] = /^a=mid:(\S+)/m.exec(came.body) ?? [];
		const tag = `answered-${who}`;
		const headers = [`Contact: ${desk.contact}`, SDP];
		desk.peer.send(answer(came, "200 OK", { tag, headers, body: voice("active", mid) }));
		await desk.peer.request("ACK");
		await page.says(/^in a call$/);
		const side = DialogSide.callee(desk, came, `${came.value("To")};tag=${tag}`);
		await hangsUp(who, side, desk, page);
	}
});

test("RFC 7118 §7 TR-52: a page with a wrong password registers nothing, and one of another origin gets no connection", async (t) => {
	const { browser, sipwright, origin, pages } = await scene(t);
	const guessed = await browser.open(`${origin}/guessed`);
	await guessed.says(/^not registered: /);
	const stranger = await browser.open(`http://localhost:${pages.port}/1001`);
	await stranger.says(/403/);
	await sipwright.logged(/"event":"websocket\.origin"/);
	assert.equal((await sipwright.status()).bindings, 0);
});

/** Resolves once it has sent and received voice. */
const HEARS = `new Promise((resolve) => {
	const look = async () => {
		const all = [...(await session.connection.getStats()).values()];
		const of = (type) => all.find((one) => one.type === type) ?? {};
		const [heard, said] = [of("inbound-rtp").bytesReceived, of("outbound-rtp").bytesSent];
		if (heard > 1000 && said > 1000) resolve(true);
		else setTimeout(look, 50);
	};
	look();
})`;

test("RFC 7118 §8.2: a browser calls another, and both hear each other", async (t) => {
	const { open } = await scene(t);
	const [ann, bob] = [await open("1001"), await open("1002")];
	await ann.evaluate("globalThis.session = call('1002'), undefined");
	await Promise.all([ann.says(/^in a call$/), bob.says(/^in a call$/)]);
	assert.equal(await ann.evaluate(HEARS), true);
	await bob.evaluate("hangUp()");
	await Promise.all([ann.says(/^ended$/), bob.says(/^ended$/)]);
});
