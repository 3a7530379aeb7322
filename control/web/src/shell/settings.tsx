// Language and appearance, for this browser.
import { createContext } from "preact";
import { useContext, useId, useState } from "preact/hooks";

import { LanguageContext, languages, nameOf, useTexts, type Language } from "../i18n/texts";
import { chooseTheme, readTheme, type Theme } from "../ui/theme";

export const ChangeLanguage = createContext<(language: Language) => void>(() => undefined);

const themes: readonly Theme[] = ["system", "light", "dark"];

export function DisplaySettings() {
  const texts = useTexts();
  const language = useContext(LanguageContext);
  const changeLanguage = useContext(ChangeLanguage);
  const [theme, setTheme] = useState(readTheme);
  const name = useId();

  return (
    <div class="display">
      <fieldset class="choice">
        <legend>{texts.languageLabel}</legend>
        {languages.map((each) => (
          <label key={each} lang={each}>
            <input
              type="radio"
              name={`${name}-language`}
              value={each}
              checked={each === language}
              onChange={() => changeLanguage(each)}
            />
            <span>{nameOf(each)}</span>
          </label>
        ))}
      </fieldset>
      <fieldset class="choice">
        <legend>{texts.themeLabel}</legend>
        {themes.map((each) => (
          <label key={each}>
            <input
              type="radio"
              name={`${name}-theme`}
              value={each}
              checked={each === theme}
              onChange={() => {
                chooseTheme(each);
                setTheme(each);
              }}
            />
            <span>{texts.themes[each]}</span>
          </label>
        ))}
      </fieldset>
    </div>
  );
}
