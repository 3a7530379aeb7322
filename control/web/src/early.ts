// Runs before the first paint, so that a chosen theme does not flash past in the other colours.
import { applyTheme, readTheme } from "./ui/theme";

applyTheme(readTheme());
