import { configured, equal } from "sipwright/test";

const test = configured({
	routes: "./voicemail.ts",
	devices: {
		"5000": { type: "Extension", contact: "*" },
		"5001": { type: "Extension", contact: "*" },
		mailbox: {
			type: "Voice over IP Service",
			"service-type": "softswitch",
			contact: "sip:box@192.0.2.90",
		},
	},
});

const DIVERSION = (reason: string) => `<sip:5001@127.0.0.1:5060>;reason=${reason}`;

test("busy: the mailbox answers, and is told whose call it is and why", ({ phone }) => {
	const call = phone("5000").invite("5001");
	phone("5001").receive("INVITE").reply(486);
	const invite = phone("mailbox").receive("INVITE");
	equal(invite.uri, "sip:5001@192.0.2.90");
	equal(invite.value("Diversion"), DIVERSION("user-busy"));
	invite.reply(200);
	call.expect(200);
});

test("no answer within twenty seconds, and nobody there", ({ phone, wait }) => {
	phone("5000").invite("5001");
	phone("5001").receive("INVITE").reply(180);
	wait(20.5);
	equal(phone("mailbox").receive("INVITE").value("Diversion"), DIVERSION("no-answer"));
	phone("5001").register({ expires: 0 }).expect(200);
	phone("5000").invite("5001");
	equal(phone("mailbox").receive("INVITE").value("Diversion"), DIVERSION("unavailable"));
});

test("who declines is not called again by his mailbox, and a busy mailbox has none", ({
	phone,
}) => {
	const declined = phone("5000").invite("5001");
	phone("5001").receive("INVITE").reply(603);
	declined.expect(603);
	const call = phone("5000").invite("5001");
	phone("5001").receive("INVITE").reply(486);
	phone("mailbox").receive("INVITE").reply(486);
	call.expect(486);
	phone("mailbox").receiveNothing("INVITE");
});
