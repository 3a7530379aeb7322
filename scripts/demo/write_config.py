#!/usr/bin/env python3
"""Write the configuration of the demonstration gateway: a memif port, everything in one folder.

    write_config.py FOLDER HTTP_PORT > FOLDER/opptak.toml
"""
import os
import sys

import dialogues

TEMPLATE = """\
# Written by scripts/run; every key is explained in docs/configuration.md.
[dataplane]
huge_pages = "off"
streams_max = 4096
block_memory_mib = 64
pending_memory_mib = 16
idle_sleep_us = 500
metrics_listen = "127.0.0.1:{metrics_port}"

[[dataplane.ports]]
device = "net_memif0,role=server,socket={folder}/calls.sock,socket-abstract=no,rsize=11"

[storage]
directory = "store"
segment_mib = 16

[vault]
file = "vault/root.key"

[control]
runtime_directory = "run"
listen = "127.0.0.1:{http_port}"

[policy]
default_client = "unassigned"
default_mode = "off"
"""


def main():
    folder, http_port = os.path.abspath(sys.argv[1]), int(sys.argv[2])
    text = TEMPLATE.format(folder=folder, http_port=http_port, metrics_port=http_port + 1)
    for client, (name, sale, other) in dialogues.CLIENTS.items():
        text += (f'\n[[client]]\nid = "{client}"\nname = "{name}"\n'
                 f"retention_days_sale = {sale}\nretention_days_other = {other}\n")
    for campaign, (client, mode) in dialogues.CAMPAIGNS.items():
        text += f'\n[[campaign]]\nid = "{campaign}"\nclient = "{client}"\nmode = "{mode}"\n'
    print(text, end="")


if __name__ == "__main__":
    main()
