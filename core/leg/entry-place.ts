/**
 * Where an entry stands in a URI: `;x5c=ENTRY` as a URI parameter, or inside the user part for a peer
 * that drops URI parameters it does not know (RFC 3261 §19.1.1: user parts are copied as they are).
 */
import { type Uri, uriParam } from "../message/uri.ts";
import { paramsEnd, readUri } from "./force-scheme.ts";
import type { SecureSignaling } from "./secure-signaling.ts";

const NAME = "x5c";
const USER_PARAM = ";x5c=";

/** An entry, and the URI without it. */
export type Place = { readonly entry: string; readonly rest: string };

/** Whether an entry of anybody's may stand in this URI; a look that costs nothing. */
export function mayHoldEntry(uri: string): boolean {
	return uri.includes(`${NAME}=`);
}

/** The first entry of each place: ours, where we were the last to write one. */
export function entryPlaces(text: string): readonly Place[] {
	const uri = readUri(text);
	if (uri === undefined) return [];
	return [placeInParams(uri), placeInUser(uri)].filter((place) => place !== undefined);
}

export function putEntry(
	uri: string,
	entry: string,
	where: SecureSignaling["contactState"],
): string {
	return where === "user" ? inUser(uri, entry) : inParams(uri, entry);
}

/** Ours goes first where the URI has entries already: `x5c=ours.theirs`. */
function inParams(text: string, entry: string): string {
	const uri = readUri(text);
	if (uri === undefined) return text;
	const theirs = uriParam(uri, NAME);
	if (theirs === undefined) {
		const end = paramsEnd(uri);
		return `${text.slice(0, end)};${NAME}=${entry}${text.slice(end)}`;
	}
	const value = theirs.start + 1 + NAME.length;
	const rest = text.slice(theirs.value === undefined ? value : value + 1);
	return `${text.slice(0, value)}=${entry}.${rest}`;
}

function placeInParams(uri: Uri): Place | undefined {
	const param = uriParam(uri, NAME);
	if (param?.value === undefined) return undefined;
	const { entry, behind, more } = firstEntry(param.value);
	const nameEnd = param.start + 1 + NAME.length;
	const before = uri.text.slice(0, more ? nameEnd : param.start);
	const after = uri.text.slice(param.start + 1 + param.text.length);
	return { entry, rest: `${before}${behind === "" ? "" : "="}${behind}${after}` };
}

/** For a peer that drops URI parameters it does not know: every peer has to copy the user part. */
function inUser(text: string, entry: string): string {
	const uri = readUri(text);
	if (uri === undefined) return text;
	const start = uri.scheme.length + 1;
	if (uri.user === undefined)
		return `${text.slice(0, start)}${USER_PARAM}${entry}@${text.slice(start)}`;
	const theirs = uri.user.indexOf(USER_PARAM);
	if (theirs === -1) {
		const end = start + uri.user.length;
		return `${text.slice(0, end)}${USER_PARAM}${entry}${text.slice(end)}`;
	}
	const value = start + theirs + USER_PARAM.length;
	return `${text.slice(0, value)}${entry}.${text.slice(value)}`;
}

function placeInUser(uri: Uri): Place | undefined {
	const at = uri.user?.indexOf(USER_PARAM) ?? -1;
	if (uri.user === undefined || at === -1) return undefined;
	const start = uri.scheme.length + 1;
	const next = uri.user.indexOf(";", at + 1);
	const end = next === -1 ? uri.user.length : next;
	const { entry, behind, more } = firstEntry(uri.user.slice(at + USER_PARAM.length, end));
	const kept = more ? USER_PARAM + behind : "";
	const user = uri.user.slice(0, at) + kept + uri.user.slice(end);
	const alone = user === "" && uri.password === undefined;
	const after = uri.text.slice(start + uri.user.length + (alone ? 1 : 0));
	return { entry, rest: uri.text.slice(0, start) + user + after };
}

/** `more`: a dot follows, so the parameter was there before us; it had no value when nothing follows the dot. */
function firstEntry(value: string): { entry: string; behind: string; more: boolean } {
	const dot = value.indexOf(".");
	if (dot === -1) return { entry: value, behind: "", more: false };
	return { entry: value.slice(0, dot), behind: value.slice(dot + 1), more: true };
}
