import Foundation
import Testing

/// What people see of a server's answers.
struct ClientTableTests {
    private static let jobs = Answers.rule(
        "/v1/jobs",
        """
        {"jobs": [\(Answers.job(12, "llama-70b-sft", "queued")),
          \(Answers.job(11, "eval-sweep", "running", tenant: "product")),
          \(Answers.job(10, "tokenize", "failed"))], "next": null}
        """)

    @Test func listsJobs() throws {
        let stub = try ClientStub([Self.jobs, Answers.fleet])
        let ran = try stub.muster("jobs", ["COLUMNS": "82"])
        #expect(ran.status == 0)
        #expect(
            ran.out == """
                JOB  NAME           TENANT      STATE    GPUS     TIME  STARTS         WHERE OR W…
                 12  llama-70b-sft  research/…  queued    128  41m 00s  15:05 – 15:40  fragmentat…
                 11  eval-sweep     product     running   128  30m 00s                 gpu-001 +2
                 10  tokenize       research/…  failed    128  15m 00s

                """)
        #expect(ran.talk.isEmpty)
        #expect(try stub.requests().first?.target == "/v1/jobs?state=active&limit=100")
    }

    @Test(arguments: [(60, "STATE"), (40, "STATE"), (24, "JOB")])
    func listsFitNarrowTerminals(width: Int, column: String) throws {
        let stub = try ClientStub([Self.jobs, Answers.fleet])
        let ran = try stub.muster("jobs", ["COLUMNS": String(width)])
        #expect(ran.out.contains(column))
        for line in ran.out.split(separator: "\n") { #expect(line.count <= width, "\(line)") }
    }

    @Test func noColoursWithoutATerminal() throws {
        let stub = try ClientStub([Self.jobs, Answers.fleet])
        #expect(!(try stub.muster("jobs").out.contains("\u{1B}")))
    }

    @Test func jsonIsTheServers() throws {
        let stub = try ClientStub([Self.jobs])
        let ran = try stub.muster("jobs --json")
        let object = try #require(try ran.json() as? [String: Any])
        #expect((object["jobs"] as? [Any])?.count == 3)
        #expect(ran.out.split(separator: "\n").count == 1)
    }

    @Test func takesAllPagesUpToTheLimit() throws {
        let stub = try ClientStub([
            Answers.rule(
                "/v1/jobs?state=active&limit=2",
                #"{"jobs": [\#(Answers.job(9, "a", "running"))], "next": "9"}"#),
            Answers.rule(
                "/v1/jobs?state=active&limit=2&cursor=9",
                #"{"jobs": [\#(Answers.job(8, "b", "running"))], "next": "8"}"#), Answers.fleet,
        ])
        let ran = try stub.muster("jobs --limit 2")
        #expect(ran.out.split(separator: "\n").count == 3)
        #expect(ran.talk == "there are more; --limit shows them\n")
    }

    @Test func showsTheFleet() throws {
        let ran = try ClientStub([Answers.fleet]).muster("fleet")
        #expect(ran.status == 0)
        #expect(
            ran.out.hasPrefix(
                """
                128 nodes, 1,024 GPUs, local backend, muster 0.1.0
                2 virtual devices
                  clock        2026-11-27T12:00:00.000Z
                  nodes        125 ready, 2 cordoned, 1 lost
                  jobs         40 running, 7 queued, 1 blocked
                  queue        320 GPUs are waited for, the oldest job since 1h 30m
                  stranded     12 free GPUs cannot be used: 12 for want of cpu

                Capacity in GPUs
                  RUNG          GPUS  OF INSTALLED
                  installed    1,024       100.0 %
                  healthy      1,016        99.2 %
                  schedulable  1,000        97.7 %
                  allocated    512.5        50.0 %

                Waiting, by reason
                  REASON      JOBS  GPUS
                  capacity       6   256
                  fair share     1    64

                Largest gang that could start now
                  WITHIN ONE  GPUS
                  fleet        440
                  rack          64
                """))
    }

    @Test func showsOneJob() throws {
        let extra = """
            , "roles": [{"name": "train", "minimum": 2, "maximum": 16, "gpus": 8, "cpu": 12.5,
              "memoryMiB": 65536, "accelerators": ["H100"]}],
            "topology": "required:rack", "pools": null, "timeLimitSeconds": 86400,
            "expectedDurationSeconds": null,
            "placements": [{"rank": 0, "role": "train", "node": "gpu-001", "devices": [0, 1]}],
            "attempts": [{"attempt": 1, "startedAt": "2026-11-27T09:00:00.000Z",
              "runningAt": null, "endedAt": "2026-11-27T10:00:00.000Z", "end": "failed",
              "detail": "", "members": 1, "nodes": ["gpu-009"],
              "exits": [{"rank": 3, "code": null, "signal": 9}]}],
            "dependsOn": [{"job": 4, "name": "tokenize", "mustSucceed": false}],
            "document": null, "gpuSeconds": 7200, "lostGpuSeconds": 3600
            """
        let stub = try ClientStub([
            Answers.rule("/v1/jobs/train", Answers.job(12, "train", "running", extra: extra)),
            Answers.fleet,
        ])
        let ran = try stub.muster("job train")
        #expect(
            ran.out == """
                job 12 train: running
                  tenant       research/vision, submitted by ada
                  submitted    11:19, attempt 1 started 11:30, runs 30m 00s
                  gang         2 to 16 × 8 GPUs (H100), 12.5 CPUs, 64 GiB
                  topology     required:rack
                  priority     0, preemptible
                  limits       at most 1d 00h
                  after        tokenize (4), however it ends
                  used         2.0 GPU-hours, of which 1.0 were lost

                Members
                  RANK  ROLE   NODE     DEVICES
                     0  train  gpu-001  0,1

                Attempts
                  ATTEMPT  STARTED     RAN  END     NODES    WHAT HAPPENED
                        1  09:00    1h 00m  failed  gpu-009  member 3: signal 9

                """)
    }

    @Test func showsTheTreeOfTenants() throws {
        func quota(_ used: Int, _ guaranteed: Int, _ limit: String) -> String {
            """
            [{"kind": "H100", "guaranteed": \(guaranteed), "limit": \(limit), "lendable": null,
              "weight": 1, "used": \(used), "borrowed": \(max(0, used - guaranteed)),
              "waiting": 0, "share": 0.5}]
            """
        }
        func tenant(_ name: String, _ parent: String, _ quotas: String) -> String {
            """
            {"name": "\(name)", "parent": \(parent), "isLeaf": true, "quotas": \(quotas),
             "cells": [], "running": 2, "waiting": 1}
            """
        }
        let stub = try ClientStub([
            Answers.rule(
                "/v1/tenants",
                """
                {"tenants": [\(tenant("product", "null", quota(8, 64, "128"))),
                  \(tenant("research", "null", quota(96, 64, "null"))),
                  \(tenant("research/vision", "\"research\"", quota(96, 0, "null")))]}
                """)
        ])
        let ran = try stub.muster("tenants")
        #expect(
            ran.out == """
                TENANT    KIND  USED  GUARANTEED  LIMIT  BORROWED  WAITING  RUNNING  QUEUED
                product   H100     8          64    128         –        –        2       1
                research  H100    96          64   none        32        –        2       1
                  vision  H100    96           –   none        96        –        2       1

                """)
    }

    @Test func breaksTheVerdictForNarrowTerminals() throws {
        let text =
            "llama: waiting 41m 00s, topology: no spine has room for 16 members together; the most"
            + " is 13\\n            spine-2: room for 13 of 16 members; 13 of 32 nodes free; next"
            + " to end: eval\\nStarts      15:05 – 15:40 (80 %), likely 15:20; by run times\\n"
        let stub = try ClientStub([
            Answers.rule(
                "/v1/jobs/llama/why",
                """
                {"text": "\(text)", "state": "queued", "remedies": [
                  {"text": "now, with 13 members", "command": "submit it again with --members 13",
                   "stops": [], "changes": []}]}
                """)
        ])
        let ran = try stub.muster("why llama", ["COLUMNS": "60"])
        #expect(
            ran.out == """
                llama: waiting 41m 00s, topology: no spine has room for 16
                members together; the most is 13
                            spine-2: room for 13 of 16 members; 13 of 32
                            nodes free; next to end: eval
                Starts      15:05 – 15:40 (80 %), likely 15:20; by run times

                To start it sooner:
                  submit it again with --members 13

                """)
    }

    @Test func showsDifferences() throws {
        let stub = try ClientStub([
            Answers.rule(
                "/v1/differences",
                """
                {"since": "2026-11-27T09:00:00.000Z", "levels": ["host"], "totals": {
                  "gangs": 1200, "agreed": 1100, "open": 2, "gone": 0,
                  "earlier": {"gangs": 80, "medianSeconds": 96, "p90Seconds": 5400},
                  "waits": [{"code": "fairShare", "gangs": 3}, {"code": "quota", "gangs": 7}],
                  "refused": 0, "preempting": 1, "stops": 2, "halfStarted": 2,
                  "idleGpuSeconds": 7200, "requiredTopologyBroken": 4,
                  "preferredTopologyBroken": 0},
                 "gangs": [{"name": "ml.a", "pods": 4, "gpus": 32, "agrees": false,
                   "text": "stands half started for 1m 30s"},
                  {"name": "ml.b", "pods": 1, "gpus": 8, "agrees": true, "text": "alike"}]}
                """), Answers.fleet,
        ])
        let ran = try stub.muster("differences", ["COLUMNS": "100"])
        #expect(
            ran.out == """
                1,200 gangs since 09:00, beside the scheduler in charge
                  alike        1,100 started as Muster would have started
                  half started 2 stood partly bound, 2.0 GPU-hours held idle
                  earlier      80 would have started earlier, half of them by 1m 36s or more, one \
                in ten by 1h 30m
                               or more
                  would wait   10 were started that would have waited: fair share 3, quota 7
                  would stop   2 jobs for 1 gang
                  topology     4 stand against what they require
                  open         2 have not started whole

                Those that differ most:
                ml.a: 4 pods, 32 GPUs
                               stands half started for 1m 30s

                """)
        #expect(try stub.requests().first?.target == "/v1/differences?limit=20")
    }

    @Test func textOfAServerCannotDriveTheTerminal() throws {
        let stub = try ClientStub([
            Answers.rule(
                "/v1/jobs",
                #"{"jobs": [\#(Answers.job(1, "a\\u001b[2Jb", "running"))], "next": null}"#),
            Answers.fleet,
        ])
        let ran = try stub.muster("jobs")
        #expect(!ran.out.contains("\u{1B}"))
        #expect(ran.out.contains("a?[2Jb"))
    }
}
