/** A configuration for tests, read as the program reads it. */
import type { Config } from "../../core/config/config.ts";
import { loadConfig } from "../../core/config/load.ts";
import { tempFolder } from "./temp-folder.ts";

/** The test bed of secure signaling: phones that are called in every way. */
export const YAML = `
listen:
  - tls:172.21.83.50:5314
  - udp:172.21.83.50:5060
domains: [example.com]
trusted: [172.21.83.0/24, 192.168.8.0/24, 10.0.0.0/24]
devices:
  "7789": { type: Extension, contact: "*" }
  "7790": { type: Extension, contact: "*", password: "rosebud" }
  "7791": { type: Extension, contact: "*", password: "swordfish", authenticate-requests: [REGISTER] }
  "5000": { type: Extension, contact: "sip:5000@172.21.83.60:5060" }
  "5001": { type: Extension, contact: "sips:5001@192.168.8.57;transport=tcp" }
  "5002": { type: ACD Position, contact: "sips:192.168.8.58:5071;transport=tls" }
  "5003": { type: Extension, contact: "sip:5003@172.21.83.63:5060;transport=tcp" }
  gw:     { type: Trunk, prefix: "8", contact: "sip:gw.example.org" }
  media:  { type: Voice over IP Service, service-type: msml, contact: "sip:10.0.0.9:5061;transport=tls" }
`;

/** A day in 2026: epochs in cookies and nonces have their real size. */
export const START = Date.UTC(2026, 0, 1);

export async function rigConfig(yaml: string = YAML): Promise<Config> {
	const folder = tempFolder();
	try {
		const file = folder.write("sipwright.yaml", yaml);
		const loaded = await loadConfig(file, { now: START, folder: folder.path });
		if (loaded.ok) return loaded.config;
		throw new TypeError(loaded.errors.map(({ message }) => message).join("\n"));
	} finally {
		folder.remove();
	}
}
