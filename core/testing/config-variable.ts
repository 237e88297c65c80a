/** Where who runs a file of tests says which configuration is meant. */
export const CONFIG_VARIABLE = "SIPWRIGHT_TEST_CONFIG";
