/** What `sipwright init` writes: a scripts project that starts, type-checks and tests at once. */

/** The files by path, beside the routes. `dependency` is what package.json asks npm for. */
export function projectFiles(name: string, dependency: string): ReadonlyMap<string, string> {
	return new Map([
		["package.json", packageJson(name, dependency)],
		["tsconfig.json", TSCONFIG],
		["sipwright.yaml", CONFIGURATION],
		["test/sipwright.yaml", TEST_CONFIGURATION],
		["test/default.test.ts", TEST],
		[".gitignore", "node_modules/\nstate/\n"],
	]);
}

function packageJson(name: string, dependency: string): string {
	const content = {
		name,
		private: true,
		type: "module",
		scripts: {
			start: "sipwright run --config sipwright.yaml",
			check: "sipwright check --config sipwright.yaml",
			test: "node --test",
		},
		dependencies: { sipwright: dependency },
		// The right Node where the system's is older.
		devDependencies: { node: "^24.12.0" },
		allowScripts: { "better-sqlite3": false, esbuild: true, "isolated-vm": false, node: true },
	};
	return `${JSON.stringify(content, undefined, "\t")}\n`;
}

/** Scripts run in an isolate: there is ECMAScript and the module "sipwright", and nothing of Node. */
const TSCONFIG = `{
	"compilerOptions": {
		"target": "es2024",
		"lib": ["es2024"],
		"module": "esnext",
		"moduleResolution": "bundler",
		"noEmit": true,
		"strict": true,
		"noUncheckedIndexedAccess": true,
		"allowImportingTsExtensions": true,
		"types": []
	},
	"include": ["routes"]
}
`;

const CONFIGURATION = `# Every key: docs/reference/config.md of sipwright.
listen:
  - udp:127.0.0.1:5060          # TCP on the same port comes with it
  - tls:127.0.0.1:5061          # with a certificate made for development; see tls:
trusted: [127.0.0.0/8, "::1"]   # devices without a password are accepted from here only
routes: ./routes
state: ./state
devices:
  "1001": { type: Extension, contact: "*" }    # "*": registers itself
  "1002": { type: Extension, contact: "*" }
`;

const TEST_CONFIGURATION = `# What the test starts: the same routes on a free port, nothing kept.
listen: [{ transport: udp, address: "127.0.0.1:0", tcp: no }]
routes: ../routes
state: ../state/test
location: { store: memory }
admin: { address: "127.0.0.1:0" }
devices:
  "1001": { type: Extension, contact: "*" }
`;

const TEST = `/** Starts sipwright with these routes and talks to it as a phone does. Run: npm test. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

const phone = createSocket("udp4");
let sipwright: ChildProcess;
let server: { host: string; port: number };

before(async () => {
	const command = ["run", "--config", "test/sipwright.yaml"];
	sipwright = spawn("node_modules/.bin/sipwright", command, { stdio: ["ignore", "pipe", "inherit"] });
	for await (const line of createInterface({ input: sipwright.stdout! })) {
		const { event, listeners } = JSON.parse(line);
		if (event !== "ready") continue;
		const [host, port] = listeners[0].advertised.split(":");
		server = { host, port: Number(port) };
		break;
	}
	assert.ok(server, "sipwright did not start");
	phone.bind(0, "127.0.0.1");
	await once(phone, "listening");
});

after(async () => {
	phone.close();
	sipwright.kill();
	await once(sipwright, "exit");
});

/** Sends a request and returns the status of the final response. */
async function ask(method: string, user: string): Promise<number> {
	const { port } = phone.address();
	const id = Math.random().toString(36).slice(2);
	const text = [
		\`\${method} sip:\${method === "REGISTER" ? "" : \`\${user}@\`}\${server.host}:\${server.port} SIP/2.0\`,
		\`Via: SIP/2.0/UDP 127.0.0.1:\${port};branch=z9hG4bK\${id};rport\`,
		"Max-Forwards: 70",
		\`From: <sip:1001@\${server.host}>;tag=\${id}\`,
		\`To: <sip:\${user}@\${server.host}>\`,
		\`Call-ID: \${id}\`,
		\`CSeq: 1 \${method}\`,
		\`Contact: <sip:1001@127.0.0.1:\${port}>\`,
		"Content-Length: 0",
		"",
		"",
	].join("\\r\\n");
	phone.send(text, server.port, server.host);
	for (;;) {
		const [response] = await once(phone, "message", { signal: AbortSignal.timeout(5000) });
		const status = Number(String(response).split(" ")[1]);
		if (status >= 200) return status;
	}
}

test("a phone registers", async () => {
	assert.equal(await ask("REGISTER", "1001"), 200);
});

test("a number that no device has gets 404", async () => {
	assert.equal(await ask("MESSAGE", "4711"), 404);
});
`;
