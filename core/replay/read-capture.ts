/** A file with recorded traffic: pcap, pcapng or text, told apart by what it begins with. */
import { readFile, stat } from "node:fs/promises";
import { type Captured, CaptureError, looksLikeSip, type Tally } from "./captured.ts";
import { messagesOf } from "./captured-packets.ts";
import { CAPTURE_BYTES_MAX } from "./limits.ts";
import { isPcap, readPcap } from "./pcap.ts";
import { isPcapng, readPcapng } from "./pcapng.ts";
import { readWritten } from "./written-messages.ts";

/** What gzip files begin with: captures are kept like that. */
const GZIP = 0x1f8b;

/** Rejects with a CaptureError. */
export async function readCapture(path: string, tally: Tally): Promise<Iterable<Captured>> {
	const file = await read(path);
	if (isPcap(file)) return messagesOf(readPcap(file), tally);
	if (isPcapng(file)) return messagesOf(readPcapng(file), tally);
	if (file.length >= 2 && file.readUInt16BE(0) === GZIP)
		throw new CaptureError(`${path} is compressed`, `write gunzip ${path} first`);
	const text = file.toString("latin1");
	if (text.split("\n").some((line) => looksLikeSip(line))) return readWritten(text, tally);
	throw new CaptureError(
		`${path} is neither pcap nor pcapng, and no line of it begins a SIP message`,
		"give a capture, or a text with SIP messages one after another",
	);
}

async function read(path: string): Promise<Buffer> {
	try {
		const { size } = await stat(path);
		if (size <= CAPTURE_BYTES_MAX) return await readFile(path);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new CaptureError(`${path} cannot be read (${code})`, "write the path of a capture");
	}
	throw new CaptureError(
		`${path} has more than ${CAPTURE_BYTES_MAX / 2 ** 20} MB`,
		`take SIP alone out of it: tshark -r ${path} -Y sip -w sip.pcapng`,
	);
}
