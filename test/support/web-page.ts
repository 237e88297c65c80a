/** The phone of docs/guides/browsers.md, as a script that a page can run, and what it expects of SDP. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const REPOSITORY = join(import.meta.dirname, "../..");

/** The script of the guide, word for word but for its number and the address of the proxy, with its library. */
export async function guidePhone(user: string, url: string): Promise<string> {
	const guide = readFileSync(join(REPOSITORY, "docs/guides/browsers.md"), "utf8");
	const [, script = ""] = /^```js\n([\s\S]*?)^```/m.exec(guide) ?? [];
	const contents = script
		.replace("wss://sip.example.com:8443/ws", url)
		.replace("sip:1001@", `sip:${user}@`);
	if (!contents.includes(url)) throw new Error("the guide has no script with its address");
	const bundle = await build({
		stdin: { contents, resolveDir: REPOSITORY },
		bundle: true,
		write: false,
		format: "iife",
		platform: "browser",
		define: { global: "globalThis" },
	});
	return (bundle.outputFiles[0]?.text ?? "").replaceAll("</script", "<\\/script");
}

/** What a browser takes for a session of voice, from a phone that sends none. */
export function voice(setup: "actpass" | "active", mid = "0"): string {
	return [
		"v=0",
		"o=- 1 1 IN IP4 127.0.0.1",
		"s=-",
		"t=0 0",
		`a=group:BUNDLE ${mid}`,
		"m=audio 40000 UDP/TLS/RTP/SAVPF 111",
		"c=IN IP4 127.0.0.1",
		`a=mid:${mid}`,
		"a=sendrecv",
		"a=rtcp-mux",
		"a=ice-ufrag:f00d",
		"a=ice-pwd:0123456789abcdef01234567",
		`a=fingerprint:sha-256 ${Array(32).fill("AB").join(":")}`,
		`a=setup:${setup}`,
		"a=rtpmap:111 opus/48000/2",
		"a=candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host",
		"",
	].join("\r\n");
}
