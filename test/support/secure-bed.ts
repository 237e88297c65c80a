/** The test bed of secure signaling: its devices, and a phone for each at the address where it is called. */
import { assertSecureSocket, schemeOf } from "./crossing.ts";
import type { ExchangeRig, RigOptions } from "./exchange-rig.ts";
import { testBed } from "./test-bed.ts";
import type { PhonePlace, RequestGiven, VirtualPhone } from "./virtual-phone.ts";

export const DEVICES = `
  "7789": { type: Extension, contact: "*" }
  "5000": { type: Extension, contact: "sip:5000@172.21.83.60:5060" }
  "5001": { type: Extension, contact: "sips:5001@192.168.8.57;transport=tcp" }
  "5002": { type: ACD Position, contact: "sips:192.168.8.58:5071;transport=tls" }
  fly:    { type: Trunk, prefix: "9", contact: "sips:fly.example.com;transport=tls" }
  gw:     { type: Trunk, prefix: "8", contact: "sip:gw.example.com:5060" }
  cucm:   { type: Voice over IP Service, service-type: softswitch, contact: "sips:192.168.8.57;transport=tcp" }
  media:  { type: Voice over IP Service, service-type: msml, contact: "sip:10.0.0.9:5061;transport=tls" }
`;

/** `top` is YAML at the top level, `devices` more of them, or others in their place. */
export function secureYaml(top = "", devices = DEVICES): string {
	return `
listen:
  - tls:172.21.83.50:5314
  - udp:172.21.83.50:5060
  - tcp:172.21.83.50:5060
trusted: [172.21.83.0/24, 192.168.8.0/24, 10.0.0.0/24]
${top}
devices:
${devices}`;
}

const PLACES = {
	ann: { host: "172.21.83.70" },
	d1: {
		...{ transport: "tls", host: "172.21.83.24" },
		contact: "<sips:7789@172.21.83.24:5061;transport=TCP>",
	},
	d2: { host: "172.21.83.60" },
	d3: { transport: "tls", host: "192.168.8.57", contact: "<sips:5001@192.168.8.57:5061>" },
	d4: {
		...{ transport: "tls", host: "192.168.8.58", port: 5071 },
		contact: "<sips:5002@192.168.8.58:5071>",
	},
	fly: { transport: "tls", host: "192.0.2.7", contact: "<sips:fly.example.com>" },
	gw: { host: "192.0.2.8", contact: "<sip:gw.example.com:5060>" },
	media: { transport: "tls", host: "10.0.0.9", contact: "<sip:10.0.0.9:5061;transport=tls>" },
} as const satisfies Record<string, PhonePlace>;

const NUMBERS: Readonly<Record<Name, string>> = {
	...{ ann: "6000", d1: "7789", d2: "5000", d3: "5001", d4: "5002" },
	...{ fly: "fly", gw: "gw", media: "media" },
};

type Name = keyof typeof PLACES;

export type SecureRig = Readonly<Record<Name, VirtualPhone>> & {
	readonly rig: ExchangeRig;
};

export type SecureBed = {
	readonly config: Awaited<ReturnType<typeof testBed>>["config"];
	/** A rig with every phone; each message it sends is held against the socket it leaves by. */
	open(
		options?: Partial<RigOptions>,
		places?: Partial<Record<Name, Partial<PhonePlace>>>,
	): SecureRig;
};

export async function secureBed(yaml: string = secureYaml()): Promise<SecureBed> {
	const bed = await testBed(yaml);
	return {
		config: bed.config,
		open: (options = {}, places = {}) => {
			const rig = bed.rig({ watch: assertSecureSocket, ...options });
			const at = (name: Name) => rig.phone(NUMBERS[name], { ...PLACES[name], ...places[name] });
			const [ann, d1, d2, d3] = [at("ann"), at("d1"), at("d2"), at("d3")];
			return {
				rig,
				ann,
				d1,
				d2,
				d3,
				d4: at("d4"),
				fly: at("fly"),
				gw: at("gw"),
				media: at("media"),
			};
		},
	};
}

/** `sips:5000@172.21.83.50:5314`: a number of ours as a phone of that scheme dials it. */
export function dialled(phone: VirtualPhone, number: string): string {
	return schemeOf(phone) === "sips"
		? `sips:${number}@172.21.83.50:5314`
		: `sip:${number}@172.21.83.50`;
}

/** An INVITE, or another request, in the caller's scheme in all four places. */
export function call(
	caller: VirtualPhone,
	number: string,
	given: RequestGiven & { readonly method?: string } = {},
) {
	const { method = "INVITE", ...rest } = given;
	const from = `${schemeOf(caller)}:${caller.name}@${caller.host}`;
	return caller.request(method, dialled(caller, number), { from, ...rest });
}

/** D1 registers with sips over TLS. */
export function register(phone: VirtualPhone, given: RequestGiven = {}) {
	const aor = dialled(phone, phone.name);
	const uri = aor.replace(/:[^:@]*@/, ":");
	return phone.request("REGISTER", uri, { from: aor, to: aor, ...given });
}
