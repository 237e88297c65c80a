/** A carrier that takes G.711 and nothing else is offered nothing else; within the house all codecs are left. */
import { defineRoutes, device, type Request, relay, reply, save, setBody } from "sipwright";

const G711 = ["0", "8"];
const CODECS = ["PCMU", "PCMA", "telephone-event"];

export default defineRoutes({
	onRequest(request) {
		if (request.method === "REGISTER") return save();
		const callee = device(request.uri.user);
		if (!callee) return reply(404);
		if (callee.name === "carrier") narrow(request);
		return relay(callee);
	},
});

/** Encrypted, signed or packed with something else, a body is left alone. */
function narrow(request: Request): void {
	if (request.headers.get("Content-Type") === "application/sdp")
		setBody(request, withCodecs(request.body));
}

/** The answer is about what was offered here, so nothing has to be put back. */
function withCodecs(sdp: string): string {
	const kept = new Set(G711);
	for (const [, format = "", codec = ""] of sdp.matchAll(/^a=rtpmap:(\d+) ([\w-]+)/gm))
		if (CODECS.includes(codec)) kept.add(format);
	return sdp
		.replace(/^(m=audio \d+ \S+)((?: \d+)+)/gm, (line, media: string, formats: string) => {
			const left = formats.split(" ").filter((format) => kept.has(format));
			return left.length === 0 ? line : [media, ...left].join(" ");
		})
		.replace(/^a=(?:rtpmap|fmtp):(\d+) .*\r?\n/gm, (line, format: string) =>
			kept.has(format) ? line : "",
		);
}
