import { mount } from "svelte";
import "./app.css";
import "./print.css";
import { kept, preferred, speak } from "./lib/i18n";

const target = document.getElementById("page");
if (!target) throw new Error("the page has no place to be drawn");
await speak(preferred(kept(), navigator.languages));
// Only now: texts that a module makes when it is loaded are in the reader's language.
const { default: App } = await import("./App.svelte");
mount(App, { target });
