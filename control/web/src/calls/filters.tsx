// What narrows the list. All but the number stands in the address, so that it can be linked.
import { useId, useRef } from "preact/hooks";

import { callStates, type Campaign } from "../api/types";
import { useTexts } from "../i18n/texts";
import { anywhere, periods, type ListPlace, type Period } from "../router";
import { StateMark } from "../ui/mark";

interface FiltersProps {
  place: ListPlace;
  number: string;
  campaigns: readonly Pick<Campaign, "id">[];
  onPlace: (place: ListPlace) => void;
  onNumber: (number: string) => void;
}

export function Filters({ place, number, campaigns, onPlace, onNumber }: FiltersProps) {
  const texts = useTexts();
  const words = texts.filters;
  const input = useRef<HTMLInputElement>(null);
  const name = useId();
  const filtered = number !== "" || place.state !== null || place.campaign !== null;
  const known = campaigns.some((each) => each.id === place.campaign);

  return (
    <form
      class="filters"
      role="search"
      aria-label={words.title}
      onSubmit={(event) => {
        event.preventDefault();
        onNumber(input.current?.value.replace(/\s+/g, "") ?? "");
      }}
    >
      <fieldset class="state-choice">
        <legend class="unseen">{words.state}</legend>
        <label>
          <input
            type="radio"
            name={name}
            checked={place.state === null}
            onChange={() => onPlace({ ...place, state: null })}
          />
          <span>{words.anyState}</span>
        </label>
        {callStates.map((state) => (
          <label key={state}>
            <input
              type="radio"
              name={name}
              checked={place.state === state}
              onChange={() => onPlace({ ...place, state })}
            />
            <span>
              <StateMark state={state} />
              {texts.states[state]}
            </span>
          </label>
        ))}
      </fieldset>
      <div class="filter-fields">
        <label class="field">
          <span>{words.campaign}</span>
          <select
            value={place.campaign ?? ""}
            onChange={(event) => onPlace({ ...place, campaign: event.currentTarget.value || null })}
          >
            <option value="">{words.anyCampaign}</option>
            {place.campaign !== null && !known && (
              <option value={place.campaign}>{place.campaign}</option>
            )}
            {campaigns.map(({ id }) => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </select>
        </label>
        <PeriodFields place={place} onPlace={onPlace} />
        <label class="field field-number">
          <span>{words.number}</span>
          <span class="field-joined">
            <input
              ref={input}
              type="search"
              name="number"
              defaultValue={number}
              placeholder={words.numberHint}
              autocomplete="off"
              spellcheck={false}
              inputMode="tel"
              maxLength={128}
            />
            <button type="submit" class="button">
              {words.search}
            </button>
          </span>
        </label>
        {(filtered || place.period !== "any") && (
          <button
            type="button"
            class="button button-quiet"
            onClick={() => {
              if (input.current) input.current.value = "";
              onNumber("");
              onPlace(anywhere);
            }}
          >
            {words.clear}
          </button>
        )}
      </div>
    </form>
  );
}

function PeriodFields({ place, onPlace }: Pick<FiltersProps, "place" | "onPlace">) {
  const words = useTexts().filters;
  return (
    <>
      <label class="field">
        <span>{words.period}</span>
        <select
          value={place.period}
          onChange={(event) => onPlace({ ...place, period: event.currentTarget.value as Period })}
        >
          {periods.map((period) => (
            <option key={period} value={period}>
              {words.periods[period]}
            </option>
          ))}
        </select>
      </label>
      {place.period === "own" && (
        <>
          <label class="field">
            <span>{words.after}</span>
            <input
              type="datetime-local"
              value={place.after}
              onChange={(event) => onPlace({ ...place, after: event.currentTarget.value })}
            />
          </label>
          <label class="field">
            <span>{words.before}</span>
            <input
              type="datetime-local"
              value={place.before}
              onChange={(event) => onPlace({ ...place, before: event.currentTarget.value })}
            />
          </label>
        </>
      )}
    </>
  );
}
