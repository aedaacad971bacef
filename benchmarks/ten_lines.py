"""What a person writes instead of a gate: one poll, no wait, no report."""

import sys

import requests

url, run_id = sys.argv[1:]
headers = {"Authorization": "bearer token"}
answer = requests.post(f"{url}/api/run/progress", data={"id": run_id}, headers=headers, timeout=30)
sys.exit(0 if answer.json()["status"] == "Passed" else 1)
