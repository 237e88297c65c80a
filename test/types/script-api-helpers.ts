/** Compile-only: what the helpers of the route API allow and refuse in an editor. `tsc` fails where an expected error is missing. */
import {
	addPrefix,
	type Decision,
	device,
	e164,
	fork,
	inNetwork,
	type NumberPlan,
	parseAddress,
	parseUri,
	parseValue,
	type Request,
	redirect,
	relay,
	replacePrefix,
	reply,
	setBody,
	sipUri,
	stripPrefix,
	withNumber,
} from "sipwright";

const BERLIN: NumberPlan = { country: "49", area: "30" };

export function numbers(request: Request): string[] {
	const number = e164(request.uri.user, BERLIN);
	e164("1", { country: "39", national: "" });
	// @ts-expect-error: a number is a text
	e164(49301234, BERLIN);
	// @ts-expect-error: a plan has a country
	e164("1", { area: "30" });
	// @ts-expect-error: a misspelt part of the plan
	e164("1", { country: "49", areaCode: "30" });
	// @ts-expect-error: a country code is a text
	e164("1", { country: 49 });
	// @ts-expect-error: perhaps it is no number
	stripPrefix(number, "+");
	// @ts-expect-error: the user may be missing
	addPrefix(request.uri.user, "9");
	return [stripPrefix(number ?? "", "+"), addPrefix("1", "9"), replacePrefix("1", "1", "2")];
}

export function targets(request: Request): Decision[] {
	const callee = device(request.uri.user);
	if (!callee) return [reply(404)];
	const gateway = request.uri.with({ host: "192.0.2.7", port: null, params: { lr: "", x: null } });
	// @ts-expect-error: a part that a URI does not have
	request.uri.with({ hostname: "192.0.2.7" });
	// @ts-expect-error: a port is a number
	request.uri.with({ port: "5060" });
	// @ts-expect-error: a SIP URI is sip or sips
	request.uri.with({ scheme: "tel" });
	// @ts-expect-error: a URI has a host
	request.uri.with({ host: null });
	// @ts-expect-error: with() makes another one
	request.uri.host = "192.0.2.7";
	// @ts-expect-error: a URI without a host
	sipUri({ user: "5000" });
	// @ts-expect-error: a device, not its name
	withNumber("5000", "1");
	// @ts-expect-error: a number is a text
	withNumber(callee, 1);
	// @ts-expect-error: perhaps it is no URI
	relay(parseUri("sip:a@b"));
	// @ts-expect-error: an address is no target, its URI is
	relay(request.from);
	return [
		relay(withNumber(callee, "+49301234")),
		relay(gateway),
		fork([callee, gateway, sipUri({ host: "192.0.2.8" }), "sip:a@b"]),
		redirect(gateway),
		redirect([gateway, "sip:a@b"], 301),
	];
}

export function values(request: Request): (string | boolean | undefined)[] {
	const { headers, source } = request;
	setBody(request, "v=0\r\n", "application/sdp");
	// @ts-expect-error: setBody writes it
	request.body = "";
	// @ts-expect-error: a body is a text
	setBody(request, new Uint8Array(1));
	// @ts-expect-error: Content-Type goes with the body
	headers.set("Content-Type", "application/sdp");
	// @ts-expect-error: an address, not where the request came from
	inNetwork(source, "10.0.0.0/8");
	// @ts-expect-error: a list to read
	headers.list("Supported").push("timer");
	// @ts-expect-error: perhaps it is no value
	parseValue("a").param("b");
	return [
		inNetwork(source.address, ["10.0.0.0/8"]),
		parseAddress(headers.list("Diversion")[0] ?? "")?.uri.user,
		parseValue(headers.get("Reason") ?? "")?.param("cause"),
	];
}
