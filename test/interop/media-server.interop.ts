/** A media server that takes TLS but no sips, as the page recommends: baresip in its place, called by linphonec. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loopbackCertificate } from "../support/certificate.ts";
import { closing } from "../support/cleanup.ts";
import { startOwnProxy } from "../support/own-proxy.ts";
import { ownHost } from "../support/ports.ts";
import { assertItsScheme, dials, hangsUp, holdsAndResumes } from "../support/softphone-steps.ts";
import { startBaresip, startLinphone } from "../support/softphones.ts";

const CALLER = "7789";
const SERVER = "media";

test("secure-signaling G21a E11 W5: a sips caller's call reaches the media server as sip over TLS, with hold from both sides", async (t) => {
	const own = await loopbackCertificate();
	const at = ownHost();
	const { host } = await startOwnProxy(t, {
		devices: [
			`"${CALLER}": { type: Extension, contact: "*" }`,
			`${SERVER}: { type: Voice over IP Service, service-type: msml, contact: "sip:${SERVER}@${at}:5061;transport=tls", secure-signaling: { tls-marker: transport } }`,
		],
		certificate: own,
	});
	const caller = closing(t, await startLinphone(CALLER, host), (one) => one.stop());
	const server = closing(t, await startBaresip(SERVER, host, { host: at, serves: own }), (one) =>
		one.stop(),
	);
	const invite = await dials(caller, server);
	assert.equal(invite.uri, `sip:${SERVER}@${at}:5061;transport=tls`);
	assert.match(invite.vias[0] ?? "", new RegExp(`^SIP/2\\.0/TLS ${host}:5061;`));
	assert.match(
		invite.recordRoutes.join(),
		new RegExp(`^<sip:${host}:5061;transport=tls;lr;[^,]*$`),
	);
	await holdsAndResumes(caller, server);
	await holdsAndResumes(server, caller);
	await hangsUp(server, caller);
	assertItsScheme(caller);
	assertItsScheme(server);
});
