/** A mixed call through another proxy: Kamailio between Sipwright and the callee, both record-routing. */
import { type TestContext, test } from "node:test";
import { loopbackCertificate } from "../support/certificate.ts";
import { closing } from "../support/cleanup.ts";
import { startKamailio } from "../support/kamailio.ts";
import { startOwnProxy } from "../support/own-proxy.ts";
import { type Phone, tlsClientPhone, tlsServerPhone, udpPhone } from "../support/raw-phones.ts";
import { connect, passes } from "../support/talkers.ts";

const NUMBER = "5000";
const certificate = loopbackCertificate();

for (const routes of ["show", "hide"] as const) {
	const farRoutes = routes === "show";

	for (const between of ["udp", "tls"] as const)
		test(`secure-signaling G7a with far-route-set: ${routes}: a sips caller and a sip phone behind Kamailio, ${between.toUpperCase()} between the proxies, either hangs up`, async (t) => {
			const phone = await udpPhone(t, NUMBER);
			const kamailio = await behind(t, phone);
			phone.use("127.0.0.1", kamailio.udp);
			const next = `sip:127.0.0.1:${kamailio[between]};transport=${between}`;
			const host = await sipwright(t, next, routes);
			const caller = tlsClientPhone(t, "7789", host);
			await caller.connect();
			await wholeCalls({ ...caller, farRoutes }, phone, host);
		});

	test(`secure-signaling G7b with far-route-set: ${routes}: a sip caller and a sips phone behind Kamailio, either hangs up`, async (t) => {
		const phone = await tlsServerPhone(t, NUMBER, await certificate);
		const kamailio = await behind(t, phone);
		const host = await sipwright(t, `sips:127.0.0.1:${kamailio.tls}`, routes);
		const caller = await udpPhone(t, "6000");
		caller.use(host);
		await wholeCalls({ ...caller, farRoutes }, phone, host);
	});
}

async function wholeCalls(from: Phone, to: Phone, host: string): Promise<void> {
	for (const ends of ["caller", "callee"] as const) {
		const { caller, callee } = await connect(from, to, NUMBER, host);
		await passes("INVITE", caller, callee);
		await passes("INVITE", callee, caller);
		if (ends === "caller") await passes("BYE", caller, callee);
		else await passes("BYE", callee, caller);
	}
}

async function behind(t: TestContext, phone: Phone) {
	const at = /@([^>]*)>/.exec(phone.contact)?.[1] ?? "";
	const kamailio = await startKamailio(at, await certificate);
	return closing(t, kamailio, (one) => one.stop());
}

async function sipwright(
	t: TestContext,
	contact: string,
	routes: "show" | "hide",
): Promise<string> {
	const { host } = await startOwnProxy(t, {
		devices: [`"${NUMBER}": { type: Extension, contact: "${contact}" }`],
		signaling: `tls-marker: transport, far-route-set: ${routes}`,
		certificate: await certificate,
	});
	return host;
}
