// Campaigns and what each of them records.
import { useCallback, useEffect, useState } from "preact/hooks";

import { listCampaigns, listClients, putCampaign } from "../api/client";
import { asProblem, type Problem } from "../api/problem";
import { modes, type Campaign, type Client, type Mode } from "../api/types";
import { useTexts } from "../i18n/texts";
import { useSession } from "../session/context";
import { may } from "../session/permissions";
import { Confirm } from "../ui/dialog";
import { useTitle } from "../ui/hooks";
import { Empty, Failure, Loading } from "../ui/notice";

interface Policy {
  campaigns: Campaign[];
  clients: Map<string, Client>;
}

export function CampaignsView() {
  const texts = useTexts();
  const session = useSession();
  const words = texts.campaignList;
  const [policy, setPolicy] = useState<Policy | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useTitle(`${texts.campaigns} – ${texts.product}`);

  const load = useCallback(async () => {
    setProblem(null);
    try {
      const [campaigns, clients] = await Promise.all([listCampaigns(), listClients()]);
      setPolicy({ campaigns, clients: new Map(clients.map((client) => [client.id, client])) });
    } catch (error) {
      setProblem(asProblem(error));
    }
  }, []);
  useEffect(() => void load(), [load]);

  const replace = (changed: Campaign) => {
    setPolicy(
      (now) =>
        now && {
          ...now,
          campaigns: now.campaigns.map((each) => (each.id === changed.id ? changed : each)),
        },
    );
  };

  return (
    <section class="campaigns" aria-label={texts.campaigns}>
      <h1 class="view-title">{texts.campaigns}</h1>
      <p class="view-lead">{words.lead}</p>
      {!may(session, "putCampaigns") && <p class="view-lead">{words.readOnly}</p>}
      {problem && (
        <Failure title={words.loadFailed} problem={problem} onRetry={() => void load()} />
      )}
      {!policy && !problem && <Loading text={texts.loading} />}
      {policy?.campaigns.length === 0 && (
        <Empty title={words.empty}>
          <p>{words.emptyHint}</p>
        </Empty>
      )}
      {policy && policy.campaigns.length > 0 && (
        <CampaignTable policy={policy} onChanged={replace} />
      )}
    </section>
  );
}

interface TableProps {
  policy: Policy;
  onChanged: (campaign: Campaign) => void;
}

function CampaignTable({ policy, onChanged }: TableProps) {
  const words = useTexts().campaignList;
  return (
    <table class="policy" role="table">
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">
            {words.campaign}
          </th>
          <th role="columnheader" scope="col">
            {words.client}
          </th>
          <th role="columnheader" scope="col">
            {words.mode}
          </th>
          <th role="columnheader" scope="col">
            {words.numbers}
          </th>
          <th role="columnheader" scope="col">
            {words.retention}
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {policy.campaigns.map((campaign) => (
          <CampaignRow
            key={campaign.id}
            campaign={campaign}
            client={policy.clients.get(campaign.client)}
            onChanged={onChanged}
          />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  campaign: Campaign;
  client: Client | undefined;
  onChanged: (campaign: Campaign) => void;
}

function CampaignRow({ campaign, client, onChanged }: RowProps) {
  const words = useTexts().campaignList;
  return (
    <tr role="row">
      <th role="rowheader" scope="row" class="policy-name">
        {campaign.id}
      </th>
      <td role="cell" class="policy-client">
        {client?.name ?? campaign.client}
      </td>
      <td role="cell" class="policy-mode">
        <ModeChoice campaign={campaign} onChanged={onChanged} />
      </td>
      <td role="cell" class="policy-numbers" data-label={words.numbers}>
        {campaign.numbers.length > 0 ? (
          campaign.numbers.map((number) => <code key={number}>{number}</code>)
        ) : (
          <span class="quiet">{words.noNumbers}</span>
        )}
      </td>
      <td role="cell" class="policy-retention" data-label={words.retention}>
        {client && words.retentionDays(client.retention_days_sale, client.retention_days_other)}
      </td>
    </tr>
  );
}

function ModeChoice({ campaign, onChanged }: Omit<RowProps, "client">) {
  const texts = useTexts();
  const session = useSession();
  const words = texts.campaignList;
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState<Mode | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [saved, setSaved] = useState<Mode | null>(null);
  const fixed = !may(session, "putCampaigns");

  const change = async (mode: Mode) => {
    setAsking(false);
    setBusy(mode);
    setProblem(null);
    setSaved(null);
    try {
      onChanged(await putCampaign({ ...campaign, mode }));
      setSaved(mode);
    } catch (error) {
      setProblem(asProblem(error));
    }
    setBusy(null);
  };

  const shown = busy ?? campaign.mode;
  return (
    <>
      {/* Buttons, not radio buttons: walking through with the arrow keys must change nothing. */}
      <div class="choice choice-mode" role="group" aria-label={words.modeOf(campaign.id)}>
        {modes.map((mode) => (
          <button
            key={mode}
            type="button"
            aria-pressed={shown === mode}
            aria-disabled={busy !== null || fixed}
            onClick={() => {
              if (busy !== null || fixed || mode === campaign.mode) return;
              if (mode === "off") setAsking(true);
              else void change(mode);
            }}
          >
            {texts.modes[mode]}
          </button>
        ))}
      </div>
      <p class="policy-meaning" role="status">
        {saved === campaign.mode
          ? words.saved(campaign.id, texts.modes[saved])
          : texts.modeMeaning[campaign.mode]}
      </p>
      {problem && <Failure title={words.failed} problem={problem} />}
      {asking && (
        <Confirm
          title={words.offTitle(campaign.id)}
          confirm={words.offConfirm}
          onConfirm={() => void change("off")}
          onCancel={() => setAsking(false)}
        >
          <p>{words.offWhat}</p>
        </Confirm>
      )}
    </>
  );
}
