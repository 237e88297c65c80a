/** Writes docs/reference/config.md from the schema: `node test/tidy/config-reference.ts`. */
import { writeFileSync } from "node:fs";
import { deviceShape } from "../../core/config/device-shape.ts";
import { valueDocs } from "../../core/config/fields.ts";
import { listenShape } from "../../core/config/listen-entry.ts";
import { locationShape } from "../../core/config/location.ts";
import { nodeShape } from "../../core/config/node.ts";
import { canaryShape, reloadShape, rollbackShape, shadowShape } from "../../core/config/reload.ts";
import {
	adminShape,
	authShape,
	edgeShape,
	natShape,
	registrarShape,
	scriptShape,
	timersShape,
	tlsShape,
	topShape,
	udpShape,
} from "../../core/config/schema.ts";
import { keyDocs, type Shape, unwrap } from "../../core/config/section.ts";
import { camelCase, secureSignalingShape } from "../../core/config/secure-signaling.ts";
import { DEFAULTS } from "../../core/leg/secure-signaling.ts";

export const PAGE = "docs/reference/config.md";

/** Loaded by the test beside this file, so that it stays right. */
export const EXAMPLE = `listen:
  - udp:0.0.0.0:5060                   # TCP on the same address and port comes with it
  - { transport: tls, address: "0.0.0.0:5061", advertise: "sip.example.com:5061" }
tls: { certificate: certs/fullchain.pem, key: certs/privkey.pem }
domains: [example.com]
trusted: [127.0.0.0/8, "::1", 10.20.0.0/16]
routes: ./routes
auth: { realm: example.com }
secure-signaling: { register: strict }
devices:
  "7789": { type: Extension, contact: "*", password: "…", authenticate-requests: [REGISTER, INVITE] }
  "5000": { type: Extension, contact: "sip:5000@172.21.83.60:5060" }
  "5002": { type: ACD Position, contact: "sips:192.168.8.58:5071;transport=tls" }
  fly:    { type: Trunk, prefix: "9", contact: "sips:fly.example.com;transport=tls" }
  cucm:   { type: Voice over IP Service, service-type: softswitch, contact: "sips:192.168.8.57;transport=tcp" }
  media:  { type: Voice over IP Service, service-type: msml, contact: "sip:10.0.0.9:5061;transport=tls" }
`;

export function configReference(): string {
	return [
		"# Configuration",
		INTRODUCTION,
		`\`\`\`yaml\n${EXAMPLE}\`\`\``,
		section("Top level", "", topShape),
		section("listen", LISTEN, listenShape),
		section("tls", "", tlsShape),
		section("location", LOCATION, locationShape),
		section("node", NODE, nodeShape),
		section("auth", "", authShape),
		section("registrar", "", registrarShape),
		section("edge", "", edgeShape),
		section("nat", "", natShape),
		section("udp", "", udpShape),
		section("timers", "", timersShape),
		section("admin", "", adminShape),
		section("script", "", scriptShape),
		section("reload", "", reloadShape),
		section("reload: canary", CANARY, canaryShape),
		section("reload: rollback", "", rollbackShape),
		section("reload: shadow", "", shadowShape),
		section("devices", DEVICES, deviceShape),
		section("secure-signaling", SECURE_SIGNALING, secureSignalingShape, DEFAULTS),
	].join("\n\n");
}

const INTRODUCTION = `<!-- Made from the schema in core/config/ by test/tidy/config-reference.ts. -->

One YAML file, given with \`--config FILE\`. Without one, sipwright runs on the defaults below, with two
demonstration devices 1001 and 1002 that register themselves. \`sipwright check --config FILE\` reports
every error with file, line, column and what to write instead; the codes are in [errors.md](errors.md).

Paths are relative to the file. A value that is marked *later* is understood and refused, so that
nothing is silently ignored.

A change takes effect with \`sipwright reload\`. The column *change* says for what: **live** is for the next
request, **next connection** for connections made from then on, while those that are open stay as they
are. **restart** needs one: a reload that finds such a key changed is refused, and names it.`;

const LISTEN = `A list. Each socket is text, \`udp:0.0.0.0:5060\`, \`"tls:[::1]:5061"\`, or a block with these keys.
Where the address is every address of the machine, messages show the first one that others reach,
unless \`advertise\` says another. 5061 is the usual port of \`tls\`, 5060 of the others.`;

const LOCATION = `[several-nodes.md](../guides/several-nodes.md) says what Redis is for and what it needs.`;

const NODE = `Needed with \`store: redis\`, and of no use without.`;

const CANARY = `At least one of the first four; a request that any of them names is tried. [hot-reload.md](../guides/hot-reload.md#try-scripts-on-a-part-of-the-calls)
says how.`;

const DEVICES = `The key is the number or name of the device: the user part of its address. A device without a
\`password\` is accepted from \`trusted\` networks only. [devices.md](devices.md) says for which types each key
is, where it comes from, and when a change takes effect.`;

const SECURE_SIGNALING = `Defaults for every leg; under a device, what differs for the leg to it. Which scheme a leg
has follows from the device's contact, or from what it registered with.`;

function section(name: string, text: string, shape: Shape, defaults?: object): string {
	const rows = keysOf(shape, defaults).map(
		({ word, values, initial, about, field }) =>
			`| \`${word}\` | ${values} | ${initial} | ${about} | ${changes(name, field)} |`,
	);
	const intro = text === "" ? "" : `${text}\n\n`;
	return `## ${name}\n\n${intro}| Key | Values | Default | Meaning | Change |\n|---|---|---|---|---|\n${rows.join("\n")}`;
}

/** What the schema says of each key, as it stands in a table. `defaults`, where the schema has none of its own. */
export function keysOf(shape: Shape, defaults?: object) {
	return Object.entries(shape).map(([word, field]) => {
		const { about = "" } = keyDocs.get(field) ?? {};
		const { values = "" } = valueDocs.get(unwrap(field)) ?? {};
		const value =
			defaults === undefined
				? field.safeParse(undefined).data
				: Object.entries(defaults).find(([one]) => one === camelCase(word))?.[1];
		return { word, values, initial: written(value), about, field };
	});
}

/** A key within a block changes as the block does. */
function changes(section: string, field: Shape[string]): string {
	const block = (topShape as Shape)[section];
	const { restart, nextConnection } = {
		...(block && keyDocs.get(block)),
		...keyDocs.get(field),
	};
	if (restart) return "restart";
	return nextConnection ? "next connection" : "live";
}

function written(value: unknown): string {
	if (value === undefined) return "";
	if (value === Infinity) return "`off`";
	if (typeof value === "boolean") return value ? "`yes`" : "`no`";
	if (Array.isArray(value)) return `\`[${value.join(", ")}]\``;
	if (typeof value === "object" && value !== null && "port" in value && "address" in value)
		return `\`"${value.address}:${value.port}"\``;
	return `\`${value}\``;
}

if (import.meta.main) writeFileSync(PAGE, `${configReference()}\n`);
