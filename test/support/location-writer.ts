/** A process to be killed: rewrites ten devices of three bindings again and again, and says which round is flushed. */
import { SqliteStore } from "../../core/location/sqlite.ts";
import { binding } from "./bindings.ts";

const ignore = () => {};
const store = new SqliteStore({
	file: process.argv[2] ?? "",
	log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
	listeners: () => [{ id: 0, transport: "udp", address: "192.0.2.1", port: 5060 }],
	window: 1_000,
	now: 0,
});
const contacts = ["sip:a@h", "sip:b@h", "sip:c@h"];
for (let round = 0; ; round += 1) {
	for (let index = 0; index < 10; index += 1) {
		const device = `${index}`;
		store.apply(
			device,
			contacts.map((contact) => binding({ device, contact, cseq: round })),
			[],
		);
	}
	await store.flush();
	if (!process.stdout.write(`${round}\n`))
		await new Promise((resolve) => process.stdout.once("drain", resolve));
}
