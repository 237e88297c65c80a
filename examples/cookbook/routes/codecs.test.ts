import { configured, equal } from "sipwright/test";

const test = configured({
	routes: "./codecs.ts",
	devices: {
		"5000": { type: "Extension", contact: "*" },
		"5001": { type: "Extension", contact: "*" },
		carrier: { type: "Trunk", prefix: "9", contact: "sip:192.0.2.91" },
	},
});

const sdp = (...lines: string[]) => `${["v=0", "c=IN IP4 192.0.2.5", ...lines].join("\r\n")}\r\n`;

const OFFER = sdp(
	"m=audio 4000 RTP/AVP 96 8 9 18 101",
	"a=rtpmap:96 opus/48000/2",
	"a=fmtp:96 useinbandfec=1",
	"a=rtpmap:101 telephone-event/8000",
	"a=fmtp:101 0-15",
	"a=sendrecv",
);
const NARROW = sdp(
	"m=audio 4000 RTP/AVP 8 101",
	"a=rtpmap:101 telephone-event/8000",
	"a=fmtp:101 0-15",
	"a=sendrecv",
);
const headers = { "Content-Type": "application/sdp" };

test("the carrier is offered G.711 and keys, and its answer comes back as it is", ({ phone }) => {
	const call = phone("5000").invite("9123", { headers, body: OFFER });
	const invite = phone("carrier").receive("INVITE");
	equal(invite.body, NARROW);
	equal(invite.value("Content-Length"), String(NARROW.length));
	const answer = sdp("m=audio 5000 RTP/AVP 8 101");
	invite.reply(200, { headers, body: answer });
	equal(call.expect(200).body, answer);
});

test("in the house, and without SDP, nothing changes", ({ phone }) => {
	phone("5000").invite("5001", { headers, body: OFFER });
	equal(phone("5001").receive("INVITE").body, OFFER);
	phone("5000").invite("9123");
	equal(phone("carrier").receive("INVITE").body, "");
	phone("5000").invite("9123", {
		headers: { "Content-Type": "multipart/mixed;boundary=x" },
		body: OFFER,
	});
	equal(phone("carrier").receive("INVITE").body, OFFER);
});
