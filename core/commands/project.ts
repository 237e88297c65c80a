/** What `sipwright init` writes: a scripts project that starts, type-checks and tests at once. */

/** The files by path, beside the routes. `dependency` is what package.json asks npm for. */
export function projectFiles(name: string, dependency: string): ReadonlyMap<string, string> {
	return new Map([
		["package.json", packageJson(name, dependency)],
		["tsconfig.json", TSCONFIG],
		["sipwright.yaml", CONFIGURATION],
		["routes/default.test.ts", TEST],
		["README.md", readme(name)],
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
			test: "sipwright test",
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

const TEST = `/** What the routes do, on the real engine in memory. Run: npm test, or npx sipwright test --watch. */
import { equal, test } from "sipwright/test";

test("a phone calls another, and hangs up", ({ phone }) => {
	const call = phone("1001").invite("1002");
	const ringing = phone("1002").receive("INVITE");
	ringing.reply(180);
	call.expect(180);
	ringing.reply(200);
	call.expect(200);

	const bye = call.hangUp();
	phone("1002").receive("BYE").reply(200);
	bye.expect(200);
});

test("a number that no device has gets 404", ({ phone, decisions }) => {
	phone("1001").invite("4711").expect(404);
	equal(decisions.at(-1)?.text, "reply 404");
});

test("a stranger is asked for a password", ({ phone }) => {
	phone("mallory").invite("1002").expect(407);
	phone("1002").receiveNothing();
});
`;

function readme(name: string): string {
	return `# ${name}

Call routing for [Sipwright](https://www.npmjs.com/package/sipwright).

| file | is |
|---|---|
| \`sipwright.yaml\` | the configuration: sockets, devices |
| \`routes/default.ts\` | the script; read first |
| \`routes/*.ts\` | what it imports |
| \`routes/default.test.ts\` | its tests, on the real engine in memory: no sockets, no waiting |

    npm install
    npm test              # or: npx sipwright test --watch
    npm run check         # the configuration, and whether the script loads
    npm start

While it runs, a saved script serves the next call.
`;
}
