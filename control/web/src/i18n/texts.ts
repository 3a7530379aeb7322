// Which language the page speaks: the one chosen, else the browser's first that we have.
import { createContext } from "preact";
import { useContext } from "preact/hooks";

import { readStored, writeStored } from "../ui/theme";
import { en } from "./en";
import { nb, type Texts } from "./nb";

export type Language = "nb" | "en";
export const languages: readonly Language[] = ["nb", "en"];

const storageKey = "opptak.language";
const textsOf: Record<Language, Texts> = { nb, en };
const norwegian = /^(nb|nn|no)\b/i;

export function readLanguage(): Language {
  const stored = readStored(storageKey);
  if (stored === "nb" || stored === "en") return stored;
  for (const wanted of navigator.languages) {
    if (norwegian.test(wanted)) return "nb";
    if (/^en\b/i.test(wanted)) return "en";
  }
  return "en";
}

export function chooseLanguage(language: Language): void {
  writeStored(storageKey, language);
}

export function nameOf(language: Language): string {
  return textsOf[language].language;
}

export const LanguageContext = createContext<Language>("nb");

export function useTexts(): Texts {
  return textsOf[useContext(LanguageContext)];
}
