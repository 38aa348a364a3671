/** The screen says figures as the actions do. */
export * from "../actions/format.ts";
