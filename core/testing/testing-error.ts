/** A test asked for what there is not: a message that did not come, a phone or a setting that does not exist. */

export class TestingError extends Error {
	override readonly name = "TestingError";
}
