/** Messages on a real wire: the stream is cut here, and what a message says is read as in memory. */
import { WireMessage } from "../../core/testing/wire-message.ts";

export { WireMessage };

/** Cuts a byte stream into messages by Content-Length; keep-alives are left out. */
export class WireReader {
	#rest = "";

	push(chunk: string): WireMessage[] {
		this.#rest += chunk;
		const messages: WireMessage[] = [];
		for (let text = this.#take(); text !== undefined; text = this.#take())
			messages.push(new WireMessage(text));
		return messages;
	}

	#take(): string | undefined {
		this.#rest = this.#rest.replace(/^(\r\n)+/, "");
		const end = this.#rest.indexOf("\r\n\r\n");
		if (end < 0) return undefined;
		const length = /^(?:content-length|l)\s*:\s*(\d+)/im.exec(this.#rest.slice(0, end))?.[1] ?? "0";
		const whole = end + 4 + Number(length);
		if (this.#rest.length < whole) return undefined;
		const text = this.#rest.slice(0, whole);
		this.#rest = this.#rest.slice(whole);
		return text;
	}
}
