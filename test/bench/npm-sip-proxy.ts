/**
 * A proxy made of the npm package `sip`, stateful and record-routing as far as the package goes.
 * It compares hosts without ports, so it needs an address that no other party uses.
 * Usage: npm-sip-proxy.ts HOST PORT CALLEE-URI
 */
import { type SipMessage, type SipUri, sip, sipProxy } from "../support/npm-sip.ts";

const [host = "127.0.0.2", port = "5060", callee = ""] = process.argv.slice(2);
const self: SipUri = { schema: "sip", host, port: Number(port), params: { lr: null } };

sipProxy.start({ address: host, port: Number(port), tcp: false }, (request) => {
	const hops = Number(request.headers["max-forwards"] ?? 70);
	if (hops === 0) return sipProxy.send(sip.makeResponse(request, 483, "Too Many Hops"));
	request.headers["max-forwards"] = hops - 1;
	if (request.headers.to.params.tag !== undefined) return inDialog(request);

	if (sip.parseUri(String(request.uri))?.user !== "5000")
		return sipProxy.send(sip.makeResponse(request, 404, "Not Found"));
	const recordRoutes = request.headers["record-route"] ?? [];
	request.headers["record-route"] = [{ uri: self, params: {} }, ...recordRoutes];
	request.uri = callee;
	sipProxy.send(sip.makeResponse(request, 100, "Trying"));
	sipProxy.send(request);
});
process.stdout.write(`${JSON.stringify({ event: "ready" })}\n`);

function inDialog(request: SipMessage): void {
	if (uriOf(request.headers.route?.[0])?.host === host) request.headers.route?.shift();
	if (request.method === "ACK")
		request.headers.via.unshift({ params: { branch: sip.generateBranch() } });
	sipProxy.send(request);
}

function uriOf(entry: { uri: string | SipUri } | undefined): SipUri | undefined {
	return typeof entry?.uri === "string" ? sip.parseUri(entry.uri) : entry?.uri;
}
