// Made from the API's description by `npm run api`.

export interface paths {
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Live
         * @description Whether the process answers.
         */
        get: operations["live"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Ready
         * @description Whether it can do its work: the database is there, its schema is this version's, and facts are written as fast as they come. Else 503.
         */
        get: operations["ready"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListAccounts
         * @description Accounts by their addresses, those disabled among them.
         */
        get: operations["list_accounts"];
        put?: never;
        /**
         * CreateAccount
         * @description Make an account. A password that we made is shown in this answer alone.
         */
        post: operations["create_account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accounts/{account_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetAccount
         * @description An account, without anything secret of it.
         */
        get: operations["get_account"];
        put?: never;
        post?: never;
        /**
         * DisableAccount
         * @description Let nobody in with it any more. The account stays, so that the audit trail's entries can be read.
         */
        delete: operations["disable_account"];
        options?: never;
        head?: never;
        /**
         * ChangeAccount
         * @description Change what is given. Whoever gets another role or identity, or is disabled, is signed out everywhere.
         */
        patch: operations["change_account"];
        trace?: never;
    };
    "/v1/accounts/{account_id}/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * ResetAccount
         * @description Give somebody who is locked out a new password, shown this once: without a second factor, and no longer locked.
         */
        post: operations["reset_account"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/accounts/{account_id}/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * EndSessions
         * @description Sign somebody out everywhere, as where a device was lost. They may sign in again.
         */
        delete: operations["end_sessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/billing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListBilling
         * @description Appointments by when they were planned: how long everything was, which minutes count, under which code, and what somebody should look at.
         */
        get: operations["list_billing"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/durations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetDurations
         * @description How long calls were, people were there, and both sides were there together: over time, or by a dimension.
         */
        get: operations["get_durations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/heatmap": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetHeatmap
         * @description The week by hours, by the deployment's clocks: when there is most of it.
         */
        get: operations["get_heatmap"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/joins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetJoins
         * @description How many connections came about and held, and how long that took: over time, or by a dimension.
         */
        get: operations["get_joins"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetOverview
         * @description Today so far beside what is usual by this time of this weekday; what goes on, and critical problems that are not over.
         */
        get: operations["get_overview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListEngagement
         * @description Who took part and how much, and how many they were. Those with fewer sessions than `analytics_smallest_group` are named without figures.
         */
        get: operations["list_engagement"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/problem-calls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListProblemCalls
         * @description Calls with many disconnections, of poor quality, that failed or had critical problems; those with most disconnections first.
         */
        get: operations["list_problem_calls"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/providers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListProviders
         * @description Providers beside each other. Those with fewer sessions than `analytics_smallest_group` are named without figures.
         */
        get: operations["list_providers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/quality": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetQuality
         * @description How good minutes of people were: over time, by hour of the day, by weekday, or by a dimension.
         */
        get: operations["get_quality"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/analytics/volume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetVolume
         * @description How many calls there were and what became of them: by day, if nothing else is asked for; by a dimension, a series for each of its ten greatest values.
         */
        get: operations["get_volume"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/appointments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListAppointments
         * @description Appointments, the soonest first: those to which all that is given applies. `person` is anybody who comes, `client_id` the first of a group.
         */
        get: operations["list_appointments"];
        put?: never;
        /**
         * CreateAppointment
         * @description Book an appointment, to be confirmed or declined; or firmly, as `confirmed`, which makes its room at once.
         */
        post: operations["create_appointment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/appointments/{appointment_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetAppointment
         * @description An appointment: whole for the host's server, and for who comes to it what is theirs to know.
         */
        get: operations["get_appointment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * ChangeAppointment
         * @description Change what is given: another time, other people, what was paid. Links stay as they are; the time decides when they let somebody in.
         */
        patch: operations["change_appointment"];
        trace?: never;
    };
    "/v1/appointments/{appointment_id}/attendance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetAttendance
         * @description Who was there when, what shows it, and how long both sides were there together; for signature as PDF. Of a call that goes on, until now.
         */
        get: operations["get_attendance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/appointments/{appointment_id}/calls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListCallsOfAppointment
         * @description An appointment's calls, the newest first, each with its people; for who comes to it with what is theirs to see.
         */
        get: operations["list_calls_of_appointment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/appointments/{appointment_id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * CancelAppointment
         * @description Call it off. Its room is closed, and whoever is in is put out.
         */
        post: operations["cancel_appointment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/appointments/{appointment_id}/complete": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * CompleteAppointment
         * @description Say that it was held. Of one that is held by video its calls tell.
         */
        post: operations["complete_appointment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/appointments/{appointment_id}/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * ConfirmAppointment
         * @description Confirm it. One that is held by video gets its room, and everybody who is to come an invite.
         */
        post: operations["confirm_appointment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/appointments/{appointment_id}/decline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * DeclineAppointment
         * @description Say no to what was asked for.
         */
        post: operations["decline_appointment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/appointments/{appointment_id}/invites": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListInvitesOfAppointment
         * @description Everybody's link, made again, to send it once more; their own for who comes. There are none before the appointment is confirmed.
         */
        get: operations["list_invites_of_appointment"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/appointments/{appointment_id}/no-show": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * MissAppointment
         * @description Say who did not come. Of one that is held by video its calls tell.
         */
        post: operations["miss_appointment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/appointments/{appointment_id}/notes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListNotes
         * @description Which notes there are, the newest first, without what they say. Psychotherapy notes are left out unless their class is asked for.
         */
        get: operations["list_notes"];
        put?: never;
        /**
         * CreateNote
         * @description Write a note. Psychotherapy notes and those of counselling for use of substances take a key with the scope of their own.
         */
        post: operations["create_note"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/appointments/{appointment_id}/notes/{note_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ReadNote
         * @description Read a note, in its newest version or an older one.
         */
        get: operations["read_note"];
        /**
         * AmendNote
         * @description Give a note a new version. What it said before stays and can be read.
         */
        put: operations["amend_note"];
        post?: never;
        /**
         * EraseNote
         * @description Erase what a note says, in all its versions. That there was one stays.
         */
        delete: operations["erase_note"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/appointments/{appointment_id}/notes/{note_id}/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListNoteVersions
         * @description A note's versions, the newest first, without what they say.
         */
        get: operations["list_note_versions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListAudit
         * @description What was done, the newest first: from `since` until before `until`. That it was read is an entry, too.
         */
        get: operations["list_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/{entry_id}/proof": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ProveAudit
         * @description The proof that an entry is under its seal as it was sealed; `callwell audit verify --proof` checks it without the server.
         */
        get: operations["prove_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ExportAudit
         * @description The whole trail as JSON lines, with its seals, as `callwell audit verify` takes it. Nothing in it names a person unless `identities` is asked for.
         *
         *     The last line counts all others: where it is missing, the export was cut off.
         */
        get: operations["export_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/state": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetAuditState
         * @description How much of the trail is sealed, and whether its newest part is as it was sealed. What was not looked at is said; `callwell audit verify` looks at all.
         *
         *     It tells of no entry, and is none.
         */
        get: operations["get_audit_state"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListCalls
         * @description Calls, the newest first: those to which all that is given applies. The times are of when they were made.
         */
        get: operations["list_calls"];
        put?: never;
        /**
         * CreateCall
         * @description Begin a call: ad hoc, in a conversation, or in a room, which has at most one that is unfinished.
         */
        post: operations["create_call"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls/{call_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetCall
         * @description A call: the whole record for the host's server; names, roles and states for who is in it.
         */
        get: operations["get_call"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls/{call_id}/decline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * DeclineCall
         * @description Say that somebody who is rung for does not come. The call is over once nobody is left who might.
         */
        post: operations["decline_call"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls/{call_id}/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * EndCall
         * @description End the call for everybody: the host's server may, and a host who is in the call.
         */
        post: operations["end_call"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls/{call_id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListEvents
         * @description The facts of a call as they are kept, in the order in which they happened.
         */
        get: operations["list_events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls/{call_id}/join": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * JoinByServer
         * @description Send somebody into a call, for a server that does its own authorization; it passes the answer to its page.
         */
        post: operations["join_by_server"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls/{call_id}/participants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListParticipants
         * @description Everybody in a call, each with their connections.
         */
        get: operations["list_participants"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls/{call_id}/participants/{participant_id}/admit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * AdmitParticipant
         * @description Let somebody in who waits, on all their devices: the host's server may, and a host who is in the call. Who is in already stays so.
         */
        post: operations["admit_participant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls/{call_id}/participants/{participant_id}/refuse": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * RefuseParticipant
         * @description Send somebody away who waits; the invite that they came by does not bring them to this call again.
         */
        post: operations["refuse_participant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls/{call_id}/participants/{participant_id}/remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * RemoveParticipant
         * @description Put somebody out of a call, on all their devices: the host's server may, and a host who is in the call.
         */
        post: operations["remove_participant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls/{call_id}/rebuild": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * RebuildCall
         * @description Fold the call again from its facts. It comes out as it was, unless it could not be folded before or by an older version.
         */
        post: operations["rebuild_call"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls/{call_id}/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetReport
         * @description How good a call was, for everybody and why, with its problems and its story. Of one that goes on, how good it is so far.
         *
         *     It is made when the call has ended, made again when more becomes known, and final with the record.
         */
        get: operations["get_report"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls/{call_id}/ring": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * RingCall
         * @description Ring for people, more of them the second time. A call that has begun does not ring.
         */
        post: operations["ring_call"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls/{call_id}/samples": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListSamples
         * @description A call's samples as they are kept: by connection, each in order of time, those to which all that is given applies.
         */
        get: operations["list_samples"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls/{call_id}/series": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetSeries
         * @description How everybody fared in the course of a call: means over equal steps of time, for charts.
         */
        get: operations["get_series"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls/{call_id}/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * ChangeSettings
         * @description Change the settings that are given; null puts one back to what its appointment, room or deployment says.
         */
        patch: operations["change_settings"];
        trace?: never;
    };
    "/v1/calls/{call_id}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetTimeline
         * @description What happened in a call, with names, told once. A page has fewer entries than facts were looked at for it.
         */
        get: operations["get_timeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/calls/summaries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListSummaries
         * @description Calls in short, the newest first: those to which all that is given applies.
         *
         *     Filters can be put together as one likes. A page may be shorter than was asked for though there is more: go on while there is a `next_cursor`.
         */
        get: operations["list_summaries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/conversations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListConversations
         * @description Conversations, by their ids.
         */
        get: operations["list_conversations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/conversations/{conversation_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetConversation
         * @description A conversation.
         */
        get: operations["get_conversation"];
        /**
         * SaveConversation
         * @description Say what a conversation is. A call or room that names one that is not there makes it.
         */
        put: operations["save_conversation"];
        post?: never;
        /**
         * EraseConversation
         * @description Erase a conversation with its calls and all that was kept of them, its appointments with their notes, its rooms and invites.
         *
         *     Calls that go on are ended and whoever is in them is put out. Nothing new is put under it from now on; the rest is done in the background.
         */
        delete: operations["erase_conversation"];
        options?: never;
        head?: never;
        /**
         * ChangeConversation
         * @description Change what is given of a conversation.
         */
        patch: operations["change_conversation"];
        trace?: never;
    };
    "/v1/conversations/{conversation_id}/calls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListCallsOfConversation
         * @description A conversation's calls, the newest first, each with its people: 20 unless more are asked for.
         */
        get: operations["list_calls_of_conversation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/erasures/{erasure_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ShowErasure
         * @description How far a removal has come; it is over when it has a time of completion.
         */
        get: operations["show_erasure"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * PostEvents
         * @description Facts, at most 500, each with its outcome once that is durable. A fact that is wrong is rejected by itself; the others are stored.
         */
        post: operations["post_events"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/guests/{guest_id}/appointments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListAppointmentsOfGuest
         * @description A guest's appointments, the soonest first.
         */
        get: operations["list_appointments_of_guest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/guests/{guest_id}/calls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListCallsOfGuest
         * @description A guest's calls, the newest first.
         */
        get: operations["list_calls_of_guest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invites/{invite_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetInvite
         * @description An invite with its link, which is made again: to send it once more. Who sees it can come in by it, so it takes the scope to make one.
         */
        get: operations["get_invite"];
        put?: never;
        post?: never;
        /**
         * RevokeInvite
         * @description Let nobody in by this invite any more, and put out whoever is in by it.
         */
        delete: operations["revoke_invite"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/join": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Join
         * @description Exchange an invite's secret for a place in the room's call, or before its door. Why not is told by a code; whether the invite ever was, is not.
         */
        post: operations["join"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/join/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume
         * @description Come back as the same participant: after a refresh, when the connection was given up, or to hear whether one was let in meanwhile.
         */
        post: operations["resume"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListKeys
         * @description API keys, the newest first, those revoked among them.
         */
        get: operations["list_keys"];
        put?: never;
        /**
         * CreateKey
         * @description Make an API key. It is shown in this answer alone. A key can give no scope that it has not itself.
         */
        post: operations["create_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/keys/{key_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * RevokeKey
         * @description Revoke an API key; it is refused everywhere within 2 s.
         */
        delete: operations["revoke_key"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListFigures
         * @description Figures of hours, days, weeks or months, the newest first. A period in which nothing happened has none.
         */
        get: operations["list_figures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListPeople
         * @description People, by who they are: as the host said, or as was heard when they joined.
         */
        get: operations["list_people"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/people/{identity}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetPerson
         * @description Somebody, as the host said or as was heard when they joined.
         */
        get: operations["get_person"];
        /**
         * SavePerson
         * @description Say how somebody is called, and what they are.
         */
        put: operations["save_person"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListRooms
         * @description Rooms, the newest first.
         */
        get: operations["list_rooms"];
        put?: never;
        /**
         * CreateRoom
         * @description Make a room. Nobody gets in without an invite.
         */
        post: operations["create_room"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetRoom
         * @description A room.
         */
        get: operations["get_room"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * ChangeRoom
         * @description Change what is given of a room. Its settings are those of its next call.
         */
        patch: operations["change_room"];
        trace?: never;
    };
    "/v1/rooms/{name}/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * CloseRoom
         * @description Let nobody in any more. Whoever is in stays: a call is ended by itself.
         */
        post: operations["close_room"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/rooms/{name}/invites": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListInvites
         * @description Invites to a room, the newest first, those revoked among them. Their links are not shown here.
         */
        get: operations["list_invites"];
        put?: never;
        /**
         * CreateInvite
         * @description Make an invite to a room: for somebody, or without `identity` for whoever has it, each of whom comes as a guest of their own.
         */
        post: operations["create_invite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/samples": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * PostSamples
         * @description Samples of quality, at most 500, each with its outcome once that is durable. What is not known is left out. A sample that is wrong is rejected by itself; the others are stored.
         */
        post: operations["post_samples"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Find
         * @description Find calls, rooms, people and appointments by what is known of them. Of each kind nothing where the caller may not read it.
         */
        post: operations["find"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetSession
         * @description Who is signed in; `account` is null where nobody is.
         */
        get: operations["get_session"];
        put?: never;
        /**
         * SignIn
         * @description Sign in. The answer to an address that nobody has is that to a wrong password.
         */
        post: operations["sign_in"];
        /**
         * SignOut
         * @description Sign out.
         */
        delete: operations["sign_out"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session/live-token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * CreateLiveToken
         * @description Make a token with which a page opens `/v1/live` within a minute. The socket closes when the session ends.
         */
        post: operations["create_live_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * ChangePassword
         * @description Change one's own password. All sessions of the account end; this page goes on with a new one.
         */
        post: operations["change_password"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListSessions
         * @description Where one is signed in, the newest first.
         */
        get: operations["list_sessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session/sessions/{session_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * EndSession
         * @description Sign out there.
         */
        delete: operations["end_session"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * BeginSecondFactor
         * @description Make the secret of a second factor, for an app that shows codes.
         */
        post: operations["begin_second_factor"];
        /**
         * RemoveSecondFactor
         * @description Sign in without a second factor from now on. It takes a code.
         */
        delete: operations["remove_second_factor"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session/totp/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * ConfirmSecondFactor
         * @description Show the first code. From now on signing in takes one.
         */
        post: operations["confirm_second_factor"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session/totp/recovery-codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * RenewRecoveryCodes
         * @description New codes for when the app is lost; the others are good no more. It takes a code.
         */
        post: operations["renew_recovery_codes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListDeployedSettings
         * @description Every setting: its value in this deployment and who said so, what it may be, where it may be set and what it does.
         */
        get: operations["list_deployed_settings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * ChangeDeployedSettings
         * @description Set what is given for the whole deployment; null takes a value away. Every process knows of it within some seconds.
         */
        patch: operations["change_deployed_settings"];
        trace?: never;
    };
    "/v1/user-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * CreateUserToken
         * @description Make a token with which a person reads what is theirs, for the host's own pages.
         */
        post: operations["create_user_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/{user_id}/active-call": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetActiveCallOfUser
         * @description The newest call that a user is in or can come back to; null where there is none.
         */
        get: operations["get_active_call_of_user"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/{user_id}/appointments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListAppointmentsOfUser
         * @description A user's appointments, as client or provider, the soonest first.
         */
        get: operations["list_appointments_of_user"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/{user_id}/calls": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListCallsOfUser
         * @description A user's calls, the newest first, those they were rung for and missed among them. The times are of when they were first named in one.
         */
        get: operations["list_calls_of_user"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/users/{user_id}/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * GetStatsOfUser
         * @description What a user's calls come to; demonstrations are left out.
         */
        get: operations["get_stats_of_user"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/views": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * ListViews
         * @description One's own views, by their names.
         */
        get: operations["list_views"];
        put?: never;
        /**
         * SaveView
         * @description Keep a view of a list. One of the same name and page is written over.
         */
        post: operations["save_view"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/views/{view_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * RemoveView
         * @description Remove a view of one's own.
         */
        delete: operations["remove_view"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Account
         * @description An account as it is shown.
         */
        Account: {
            created_at: string;
            disabled_at: string | null;
            email: string;
            has_password: boolean;
            has_second_factor: boolean;
            /** Format: uuid */
            id: string;
            identity: string | null;
            last_sign_in_at: string | null;
            name: string;
            /** @enum {unknown} */
            role: "admin" | "auditor" | "provider" | "supervisor";
            signs_in_elsewhere: boolean;
            updated_at: string;
        };
        /** AccountChange */
        AccountChange: {
            disabled?: boolean;
            identity?: string | null;
            name?: string;
            /** @enum {unknown} */
            role?: "admin" | "auditor" | "provider" | "supervisor";
        };
        /** AccountToMake */
        AccountToMake: {
            email: string;
            /** @default null */
            identity: string | null;
            name: string;
            /** @default null */
            password: string | null;
            /** @enum {unknown} */
            role: "admin" | "auditor" | "provider" | "supervisor";
        };
        /** AccountWithPassword */
        AccountWithPassword: {
            account: components["schemas"]["Account"];
            password: string | null;
        };
        /**
         * Action
         * @description What an entry tells of.
         * @enum {string}
         */
        Action: "join_attempt" | "join_success" | "join_denied" | "join_waiting" | "call_start" | "call_end" | "connection_established" | "connection_failed" | "permission_denied" | "error_occurred" | "call_created" | "call_changed" | "settings_changed" | "participant_admitted" | "participant_refused" | "participant_removed" | "room_created" | "room_changed" | "room_closed" | "invite_created" | "invite_revoked" | "person_changed" | "conversation_changed" | "conversation_erasing" | "conversation_erased" | "appointment_created" | "appointment_changed" | "appointment_confirmed" | "appointment_declined" | "appointment_cancelled" | "appointment_completed" | "appointment_no_show" | "appointment_started" | "appointment_resumed" | "appointment_reopened" | "payment_changed" | "key_created" | "key_revoked" | "user_token_created" | "signed_in" | "sign_in_refused" | "signed_out" | "account_created" | "account_changed" | "account_disabled" | "account_enabled" | "account_password_changed" | "second_factor_set" | "second_factor_removed" | "recovery_codes_renewed" | "recovery_code_used" | "record_viewed" | "audit_read" | "trail_archived" | "note_created" | "note_changed" | "note_read" | "note_erased" | "notes_listed" | "notes_rekeyed";
        /** ActiveCall */
        ActiveCall: {
            call: components["schemas"]["Call"] | null;
        };
        /**
         * Admission
         * @description All that a page needs to be in the call, or to wait until somebody lets it in.
         */
        Admission: {
            /** Format: uuid */
            call_id: string;
            connect_until: string;
            /** Format: uuid */
            connection: string;
            engine: components["schemas"]["AdmittedEngine"];
            ice_servers: components["schemas"]["IceServer"][];
            /** @enum {unknown} */
            mode: "p2p" | "sfu";
            participant: components["schemas"]["AdmittedParticipant"];
            report_until: string | null;
            resume: string;
            room: string | null;
            server_time: string;
            settings: components["schemas"]["AdmittedSettings"];
            socket: string;
            token: string;
            /** @enum {unknown} */
            type: "audio" | "video";
            waiting: boolean;
        };
        /**
         * Admitted
         * @description Somebody waiting was let in, and has until ``connect_until`` to connect.
         */
        Admitted: {
            /** @default null */
            connect_until: string | null;
        };
        /**
         * AdmittedEngine
         * @description What carries the media.
         */
        AdmittedEngine: {
            /** @enum {unknown} */
            kind: "external" | "jitsi" | "livekit" | "mediasoup" | "p2p";
        };
        /** AdmittedParticipant */
        AdmittedParticipant: {
            display_name: string | null;
            host: boolean;
            /** Format: uuid */
            id: string;
            identity: string;
            role: string;
            side: ("client" | "provider") | null;
        };
        /** AdmittedSettings */
        AdmittedSettings: {
            chat_enabled: boolean;
            heartbeat_seconds: number;
            sample_seconds: number;
            screen_share_enabled: boolean;
        };
        /** Alive */
        Alive: {
            /**
             * @default ok
             * @enum {unknown}
             */
            status: "ok";
        };
        /**
         * AnomalyShown
         * @description A fact that makes no sense where it stands.
         */
        AnomalyShown: {
            at: string;
            code: string;
            /** @default null */
            connection_id: string | null;
            /** @default null */
            event_id: string | null;
        };
        /**
         * ApiKey
         * @description An API key as it is shown: everything but the key.
         */
        ApiKey: {
            created_at: string;
            /** Format: uuid */
            id: string;
            last_used_at: string | null;
            name: string;
            revoked_at: string | null;
            scopes: string[];
        };
        /**
         * AppointmentChange
         * @description What changes of an appointment: only what is given. Of settings and metadata null takes one away.
         */
        AppointmentChange: {
            client_id?: string;
            clients?: string[];
            conversation_id?: string | null;
            duration_minutes?: number;
            is_video_call?: boolean;
            metadata?: Record<string, never>;
            payment_provider?: string | null;
            payment_reference?: string | null;
            /** @enum {unknown} */
            payment_status?: "completed" | "failed" | "pending" | "refunded";
            provider_id?: string;
            recording_enabled?: boolean;
            recording_url?: string | null;
            /** Format: date-time */
            scheduled_at?: string;
            settings?: components["schemas"]["AppointmentSettingsToChange"];
        };
        /**
         * AppointmentSettings
         * @description All that holds for a meeting. Recording and transcription are wishes: they begin with the consent that is needed.
         */
        AppointmentSettings: {
            /** @description People may write to each other. */
            chat_enabled?: boolean;
            /**
             * @description When an appointment counts as completed: after a call in which both sides were there, or after any call that ended.
             * @enum {unknown}
             */
            completion_rule?: "any_end" | "both_present";
            /** @description How long a call goes on with nobody connected. */
            empty_seconds?: number;
            /** @description How long a connection that was lost may come back as the same. */
            grace_seconds?: number;
            /** @description How long before an appointment its people may come in. */
            join_early_minutes?: number;
            /** @description How long after its planned end an appointment's people may still come in. */
            join_late_minutes?: number;
            /** @description The most people in a call; never more than the environment allows. */
            max_participants?: number;
            /** @description The profile of thresholds by which a call's report judges its quality. */
            quality_profile?: string;
            /** @description The call is to be recorded, once whoever must has consented. */
            recording_enabled?: boolean;
            /** @description Clients come in only once the appointment is paid for. */
            require_payment?: boolean;
            /** @description Nobody comes in who does not consent to being recorded. */
            require_recording_consent?: boolean;
            /** @description How long a call rings. */
            ringing_seconds?: number;
            /** @description How often a page sends the numbers of its connection's quality. */
            sample_seconds?: number;
            /** @description People may share their screens. */
            screen_share_enabled?: boolean;
            /** @description How long after its end a call's record is provisional. */
            settling_seconds?: number;
            /** @description The time zone (IANA) of days and weeks in figures and of local times. */
            time_zone?: string;
            /** @description What is said is to be written down, once whoever must has consented. */
            transcription_enabled?: boolean;
            /** @description Whoever is no host waits until a host lets them in. */
            waiting_room?: boolean;
        };
        /**
         * AppointmentSettingsToChange
         * @description All that holds for a meeting. Recording and transcription are wishes: they begin with the consent that is needed.
         */
        AppointmentSettingsToChange: {
            chat_enabled?: boolean | null;
            completion_rule?: ("any_end" | "both_present") | null;
            empty_seconds?: number | null;
            grace_seconds?: number | null;
            join_early_minutes?: number | null;
            join_late_minutes?: number | null;
            max_participants?: number | null;
            quality_profile?: string | null;
            recording_enabled?: boolean | null;
            require_payment?: boolean | null;
            require_recording_consent?: boolean | null;
            ringing_seconds?: number | null;
            sample_seconds?: number | null;
            screen_share_enabled?: boolean | null;
            settling_seconds?: number | null;
            time_zone?: string | null;
            transcription_enabled?: boolean | null;
            waiting_room?: boolean | null;
        };
        /**
         * Attendance
         * @description Who was there when.
         */
        Attendance: {
            /** Format: uuid */
            appointment_id: string;
            calls: components["schemas"]["AttendedCall"][];
            calls_removed: number;
            duration_minutes: number;
            elapsed: components["schemas"]["Length"];
            ends_at: string;
            generated_at: string;
            kept: components["schemas"]["KeptFigures"];
            no_show: ("both" | "client" | "provider") | null;
            overlap: components["schemas"]["OverlapPart"];
            people: components["schemas"]["AttendedPerson"][];
            record_state: string | null;
            rounding: {
                [key: string]: string;
            };
            scheduled_at: string;
            /** @enum {unknown} */
            status: "cancelled" | "completed" | "confirmed" | "declined" | "in_progress" | "no_show" | "pending";
        };
        /**
         * AttendedCall
         * @description A call that this is told from, and how firm it is.
         */
        AttendedCall: {
            elapsed: components["schemas"]["Length"];
            end_reason: string | null;
            ended_at: string | null;
            /** Format: uuid */
            id: string;
            overlap: components["schemas"]["Length"];
            overlap_of: string;
            record_state: string;
            started_at: string | null;
            version: number;
        };
        /**
         * AttendedConnection
         * @description One device from coming to leaving.
         */
        AttendedConnection: {
            audio_on: components["schemas"]["Interval"][];
            browser: string | null;
            /** Format: uuid */
            call_id: string;
            connected: components["schemas"]["Interval"][];
            /** Format: uuid */
            connection_id: string;
            device_type: string | null;
            os: string | null;
            there: components["schemas"]["Interval"][];
            video_on: components["schemas"]["Interval"][];
        };
        /**
         * AttendedPerson
         * @description Somebody who came, or was to come.
         */
        AttendedPerson: {
            arrived_at: string | null;
            attended: components["schemas"]["Length"];
            connections: components["schemas"]["AttendedConnection"][];
            display_name: string | null;
            evidence: components["schemas"]["Evidence"];
            identity: string | null;
            intervals: components["schemas"]["EvidencedInterval"][];
            is_booked: boolean;
            late: components["schemas"]["Length"] | null;
            left_at: string | null;
            left_early: components["schemas"]["Length"] | null;
            modality: components["schemas"]["Modality"];
            side: ("client" | "provider") | null;
            there: components["schemas"]["Part"];
            waited: components["schemas"]["Part"];
        };
        /**
         * Band
         * @description From how many minutes to how many, both of them in it, an appointment is billed under a code.
         */
        Band: {
            code: string;
            /** @default 0 */
            from_minutes: number;
            /** @default null */
            kind: ("assessment" | "group" | "individual") | null;
            /** @default null */
            to_minutes: number | null;
        };
        /**
         * Billing
         * @description Appointments and what they come to, the earliest first.
         */
        Billing: {
            /** @enum {unknown} */
            billing_minutes: "attended_client" | "attended_provider" | "elapsed" | "overlap";
            /** @enum {unknown} */
            billing_rounding: "minutes_floor" | "minutes_nearest";
            billing_units: components["schemas"]["Band"][];
            from: string;
            items: components["schemas"]["BillingRow"][];
            /** @default null */
            next_cursor: string | null;
            time_zone: string;
            to: string;
            totals: components["schemas"]["BillingTotals"];
        };
        /**
         * BillingRow
         * @description What an appointment comes to.
         */
        BillingRow: {
            /** Format: uuid */
            appointment_id: string;
            attended_client: components["schemas"]["Length"];
            attended_provider: components["schemas"]["Length"];
            booked_minutes: number;
            /** @enum {unknown} */
            category: "excellent" | "fair" | "good" | "poor" | "unknown";
            client: string;
            client_name: string | null;
            code_booked: string | null;
            code_suggested: string | null;
            counted_minutes: number;
            elapsed: components["schemas"]["Length"];
            external_id: string | null;
            flags: ("claimed_time" | "disagrees" | "no_overlap" | "no_show" | "short" | "unpaid")[];
            /** @enum {unknown} */
            kind: "assessment" | "group" | "individual";
            modality: ("audio" | "neither" | "unknown" | "video") | null;
            no_show: ("both" | "client" | "provider") | null;
            overlap: components["schemas"]["Length"];
            overlap_claimed: components["schemas"]["Length"];
            participants: number;
            /** @enum {unknown} */
            payment_status: "completed" | "failed" | "pending" | "refunded";
            provider: string;
            provider_name: string | null;
            scheduled_at: string;
            score: number | null;
            /** @enum {unknown} */
            status: "cancelled" | "completed" | "confirmed" | "declined" | "in_progress" | "no_show" | "pending";
        };
        /**
         * BillingTotals
         * @description What all appointments of the time asked for come to.
         */
        BillingTotals: {
            booked: number;
            booked_minutes: number;
            both_no_shows: number;
            cancelled: number;
            client_no_shows: number;
            completed: number;
            declined: number;
            elapsed_minutes: number;
            overlap_minutes: number;
            provider_no_shows: number;
        };
        /**
         * Call
         * @description A call, whole: the record with all its people and their connections.
         */
        Call: {
            anomalies: components["schemas"]["AnomalyShown"][];
            anomaly_count: number;
            appointment_id: string | null;
            connection_quality: string | null;
            conversation_id: string | null;
            created_at: string;
            disconnection_count: number;
            duration_seconds: number | null;
            elapsed_seconds: number | null;
            end_reason: string | null;
            ended_at: string | null;
            ended_by: string | null;
            engine: string;
            engine_data: Record<string, never>;
            event_count: number;
            external_id: string | null;
            /** Format: uuid */
            id: string;
            initiator: components["schemas"]["Initiator"] | null;
            is_demo: boolean;
            issue_count: number;
            metadata: Record<string, never>;
            mode: string;
            mode_switch_count: number;
            needs_refold: boolean;
            overlap_claimed_seconds: number;
            overlap_of: string;
            overlap_seconds: number;
            participant_count: number;
            participants: components["schemas"]["Participant"][];
            peak_participants: number;
            provider_id: string | null;
            provider_name: string | null;
            quality_category: string | null;
            quality_score: number | null;
            record_state: string;
            ringing_at: string | null;
            room: string | null;
            settings: Record<string, never>;
            started_at: string | null;
            status: string;
            status_summary: string;
            type: string;
            updated_at: string;
            version: number;
        };
        /**
         * CallCreated
         * @description A call was begun: what kind it is, where it belongs, who began it and who is to provide.
         */
        CallCreated: {
            /** @default null */
            appointment_id: string | null;
            /** @default null */
            conversation_id: string | null;
            /**
             * @default external
             * @enum {unknown}
             */
            engine: "external" | "jitsi" | "livekit" | "mediasoup" | "p2p";
            /** @default {} */
            engine_data: Record<string, never>;
            /** @default null */
            external_id: string | null;
            /** @default null */
            initiator: string | null;
            /** @default null */
            initiator_id: string | null;
            /** @default false */
            is_demo: boolean;
            /** @default false */
            is_imported: boolean;
            /** @default {} */
            metadata: Record<string, never>;
            /**
             * @default p2p
             * @enum {unknown}
             */
            mode: "p2p" | "sfu";
            /** @default null */
            provider: string | null;
            /** @default null */
            provider_id: string | null;
            /** @default null */
            provider_name: string | null;
            /** @default null */
            room: string | null;
            /** @default {} */
            settings: Record<string, never>;
            /**
             * @default video
             * @enum {unknown}
             */
            type: "audio" | "video";
        };
        /**
         * CallEnded
         * @description The call is over. Commanded or from an engine it is final; from a timer it is a guess that facts can prove wrong.
         */
        CallEnded: {
            /** @default null */
            because: ("empty" | "longest" | "ringing") | null;
            /** @default null */
            ended_by: string | null;
            /** @default null */
            ended_by_id: string | null;
            /** @default {} */
            engine_data: Record<string, never>;
            /**
             * @default normal
             * @enum {unknown}
             */
            reason: "declined" | "demo_ended" | "error" | "forced" | "no_answer" | "normal" | "timeout";
        };
        /** CallFailed */
        CallFailed: {
            /** @default {} */
            engine_data: Record<string, never>;
            /** @default error */
            reason: string;
        };
        /**
         * CallRinging
         * @description People are being called.
         */
        CallRinging: {
            /** @default [] */
            people: string[];
            /** @default [] */
            people_ids: string[];
        };
        /**
         * CallSettings
         * @description All that holds for a meeting. Recording and transcription are wishes: they begin with the consent that is needed.
         */
        CallSettings: {
            /** @description People may write to each other. */
            chat_enabled?: boolean;
            /** @description How long a call goes on with nobody connected. */
            empty_seconds?: number;
            /** @description How long a connection that was lost may come back as the same. */
            grace_seconds?: number;
            /** @description The profile of thresholds by which a call's report judges its quality. */
            quality_profile?: string;
            /** @description The call is to be recorded, once whoever must has consented. */
            recording_enabled?: boolean;
            /** @description How long a call rings. */
            ringing_seconds?: number;
            /** @description How often a page sends the numbers of its connection's quality. */
            sample_seconds?: number;
            /** @description People may share their screens. */
            screen_share_enabled?: boolean;
            /** @description How long after its end a call's record is provisional. */
            settling_seconds?: number;
            /** @description What is said is to be written down, once whoever must has consented. */
            transcription_enabled?: boolean;
        };
        /**
         * CallSettingsToChange
         * @description All that holds for a meeting. Recording and transcription are wishes: they begin with the consent that is needed.
         */
        CallSettingsToChange: {
            chat_enabled?: boolean | null;
            empty_seconds?: number | null;
            grace_seconds?: number | null;
            quality_profile?: string | null;
            recording_enabled?: boolean | null;
            ringing_seconds?: number | null;
            sample_seconds?: number | null;
            screen_share_enabled?: boolean | null;
            settling_seconds?: number | null;
            transcription_enabled?: boolean | null;
        };
        /**
         * CallStarted
         * @description An engine says that the call is on; our own figures begin with the first person connected.
         */
        CallStarted: {
            /** @default {} */
            engine_data: Record<string, never>;
        };
        /**
         * CallSummary
         * @description A call in short.
         */
        CallSummary: {
            appointment_id: string | null;
            conversation_id: string | null;
            created_at: string;
            disconnection_count: number;
            elapsed_seconds: number | null;
            end_reason: string | null;
            ended_at: string | null;
            engine: string;
            external_id: string | null;
            /** Format: uuid */
            id: string;
            is_demo: boolean;
            issue_count: number;
            mode: string;
            overlap_seconds: number;
            participant_count: number;
            people: components["schemas"]["PersonInShort"][];
            provider_id: string | null;
            provider_name: string | null;
            quality_category: string | null;
            quality_score: number | null;
            record_state: string;
            room: string | null;
            started_at: string | null;
            status: string;
            status_summary: string;
            type: string;
        };
        /** CallToMake */
        CallToMake: {
            /** @default null */
            appointment_id: string | null;
            /** @default null */
            conversation_id: string | null;
            /** @default null */
            engine: ("external" | "jitsi" | "livekit" | "mediasoup" | "p2p") | null;
            /** @default null */
            external_id: string | null;
            /** @default null */
            id: string | null;
            initiator: string;
            /** @default false */
            is_demo: boolean;
            /** @default {} */
            metadata: Record<string, never>;
            /** @enum {unknown} */
            mode: "p2p" | "sfu";
            /** @default [] */
            people: string[];
            /** @default null */
            provider: string | null;
            /** @default null */
            provider_name: string | null;
            /** @default null */
            room: string | null;
            settings?: components["schemas"]["CallSettings"];
            /** @enum {unknown} */
            type: "audio" | "video";
        };
        /**
         * Checked
         * @description What was hashed again and held against the seals, and what was found.
         */
        Checked: {
            entries: number;
            first_seal: number;
            identities: number;
            is_all: boolean;
            is_good: boolean;
            problems: components["schemas"]["Fault"][];
            seals: number;
        };
        /** CodeShown */
        CodeShown: {
            code: string;
        };
        /**
         * Compared
         * @description A figure of today so far, and what it usually is by this time of this weekday. Null where it is not known.
         */
        Compared: {
            today: number | null;
            usual: number | null;
        };
        /**
         * Connected
         * @description Media flows.
         */
        Connected: {
            /** @default null */
            setup_ms: number | null;
        };
        /**
         * Connection
         * @description One join-to-leave interval of one device.
         */
        Connection: {
            attended_seconds: number;
            audio_enabled: boolean | null;
            audio_option: string | null;
            browser: string | null;
            connected_at: string | null;
            device_type: string | null;
            disconnection_count: number;
            duration_seconds: number | null;
            engine_ids: {
                [key: string]: string;
            };
            /** Format: uuid */
            id: string;
            intervals: components["schemas"]["Intervals"];
            joined_at: string | null;
            leave_reason: string | null;
            left_at: string | null;
            metadata: Record<string, never> | null;
            name: string | null;
            open_issues: components["schemas"]["OpenIssueShown"][];
            os: string | null;
            quality: string | null;
            screen_shared: boolean | null;
            setup_ms: number | null;
            status: string;
            video_enabled: boolean | null;
        };
        /**
         * Consent
         * @description What somebody agrees to as they come.
         */
        Consent: {
            /** @default false */
            recording: boolean;
        };
        /** Conversation */
        Conversation: {
            created_at: string;
            /** @default null */
            erasing_since: string | null;
            id: string;
            is_active: boolean;
            kind: string | null;
            title: string | null;
            updated_at: string;
        };
        /**
         * ConversationChange
         * @description What changes of a conversation: only what is given; null takes away.
         */
        ConversationChange: {
            is_active?: boolean;
            kind?: string | null;
            title?: string | null;
        };
        /**
         * ConversationGiven
         * @description All that the host says of a conversation.
         */
        ConversationGiven: {
            /** @default true */
            is_active: boolean;
            /** @default null */
            kind: string | null;
            /** @default null */
            title: string | null;
        };
        /**
         * Coverage
         * @description How much was seen: without samples nothing is known.
         */
        Coverage: {
            connected_seconds: number;
            covered_seconds: number;
            share: number | null;
            silent: components["schemas"]["Interval"][];
        };
        /** Credentials */
        Credentials: {
            /** @default null */
            code: string | null;
            email: string;
            password: string;
        };
        /** Decliner */
        Decliner: {
            identity: string;
        };
        /**
         * DeploymentSettingsToChange
         * @description All that holds for a meeting. Recording and transcription are wishes: they begin with the consent that is needed.
         */
        DeploymentSettingsToChange: {
            analytics_smallest_group?: number | null;
            billing_minutes?: ("attended_client" | "attended_provider" | "elapsed" | "overlap") | null;
            billing_rounding?: ("minutes_floor" | "minutes_nearest") | null;
            billing_units?: string | null;
            chat_enabled?: boolean | null;
            completion_rule?: ("any_end" | "both_present") | null;
            default_duration_minutes?: number | null;
            empty_seconds?: number | null;
            grace_seconds?: number | null;
            ip_policy?: ("full" | "hashed" | "none" | "truncated") | null;
            join_early_minutes?: number | null;
            join_late_minutes?: number | null;
            max_participants?: number | null;
            quality_profile?: string | null;
            recording_enabled?: boolean | null;
            require_payment?: boolean | null;
            require_recording_consent?: boolean | null;
            retention_appointments_days?: number | null;
            retention_audit_days?: number | null;
            retention_backups_days?: number | null;
            retention_calls_days?: number | null;
            retention_metrics_days?: number | null;
            retention_notes_days?: number | null;
            retention_ratings_days?: number | null;
            retention_recordings_days?: number | null;
            retention_reports_days?: number | null;
            retention_rtcstats_days?: number | null;
            retention_samples_days?: number | null;
            retention_transcripts_days?: number | null;
            ringing_seconds?: number | null;
            sample_seconds?: number | null;
            screen_share_enabled?: boolean | null;
            settling_seconds?: number | null;
            time_zone?: string | null;
            transcription_enabled?: boolean | null;
            waiting_room?: boolean | null;
        };
        /** Device */
        Device: {
            /** @default null */
            browser: string | null;
            /** @default null */
            os: string | null;
            /** @default null */
            type: ("bot" | "desktop" | "mobile" | "other" | "tablet" | "tv") | null;
        };
        /** Disconnected */
        Disconnected: {
            /** @default null */
            reason: string | null;
        };
        /**
         * DurationRow
         * @description How long calls were.
         */
        DurationRow: {
            attended_minutes: number;
            calls: number;
            elapsed_seconds: components["schemas"]["Spread"] | null;
            ends_at: string | null;
            name: string | null;
            overlap_minutes: number;
            starts_at: string | null;
            value: string | null;
        };
        /**
         * Durations
         * @description How long calls were, over time or by what they are divided by.
         */
        Durations: {
            by: ("browser" | "country" | "device" | "engine" | "kind" | "mode" | "network" | "os" | "provider" | "room" | "tag") | null;
            from: string;
            interval: ("day" | "hour" | "month" | "week") | null;
            items: components["schemas"]["DurationRow"][];
            next_cursor: string | null;
            time_zone: string;
            to: string;
            total: components["schemas"]["DurationRow"];
        };
        /** Ending */
        Ending: {
            /** @default null */
            ended_by: string | null;
            /**
             * @default normal
             * @enum {unknown}
             */
            reason: "declined" | "demo_ended" | "error" | "forced" | "no_answer" | "normal" | "timeout";
        };
        /**
         * EngagedPerson
         * @description How much somebody took part.
         */
        EngagedPerson: {
            attended_minutes: number | null;
            average_minutes: number | null;
            booked: number | null;
            disconnections: number | null;
            first_day: string | null;
            identity: string;
            last_day: string | null;
            messages: number | null;
            name: string | null;
            no_shows: number | null;
            ratings: number | null;
            reactions: number | null;
            sessions: number;
            suppressed: boolean;
        };
        /**
         * Engagement
         * @description How many people took part.
         */
        Engagement: {
            active: number | null;
            attended_minutes: number | null;
            new: number | null;
            returning: number | null;
            sessions: number | null;
            suppressed: boolean;
        };
        /**
         * Erasure
         * @description A removal, and how far it has come.
         */
        Erasure: {
            completed_at: string | null;
            conversation_id: string;
            counts: {
                [key: string]: number;
            };
            /** Format: uuid */
            id: string;
            requested_at: string;
        };
        /** ErrorOccurred */
        ErrorOccurred: {
            code: string;
            /** @default null */
            message: string | null;
        };
        /**
         * Evidence
         * @description What shows that somebody was connected; together it is the time attended.
         */
        Evidence: {
            claimed_seconds: number;
            engine_seconds: number;
            socket_seconds: number;
        };
        /**
         * EvidencedInterval
         * @description From when until when somebody was connected, and the best that shows it.
         */
        EvidencedInterval: {
            /** @enum {unknown} */
            evidence: "claimed" | "engine" | "socket";
            from: string;
            to: string;
        };
        /**
         * ExplainedSetting
         * @description A setting of the deployment: what it is, what it does and where its value is from.
         */
        ExplainedSetting: {
            default: unknown;
            least: number | null;
            levels: ("appointment" | "call" | "deployment" | "room")[];
            most: number | null;
            name: string;
            one_of: string[];
            sentence: string;
            /** @enum {unknown} */
            source: "default" | "deployment" | "environment";
            /** @enum {unknown} */
            type: "boolean" | "integer" | "text";
            value: unknown;
        };
        /** Fact */
        Fact: {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["CallCreated"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "call.created";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["CallRinging"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "call.ringing";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["CallStarted"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "call.started";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["ModeChanged"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "call.mode_changed";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["SettingsChanged"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "call.settings_changed";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["CallEnded"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "call.ended";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["CallFailed"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "call.failed";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["Waiting"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "participant.waiting";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["Admitted"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "participant.admitted";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["Left"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "participant.refused";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["Joined"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "participant.joined";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["Connected"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "participant.connected";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["Disconnected"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "participant.disconnected";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["Reconnected"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "participant.reconnected";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["Left"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "participant.left";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["Failed"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "participant.failed";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["MediaChanged"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "media.changed";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["Nothing"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "speaker.changed";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["SpeakerSpoke"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "speaker.spoke";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["Nothing"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "chat.sent";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["ReactionSent"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "reaction.sent";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["ViewChanged"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "view.changed";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["QualityChanged"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "quality.changed";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["IssueRaised"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "issue.raised";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["IssueCleared"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "issue.cleared";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["IssueReported"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "issue.reported";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["Recording"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "recording.requested";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["Recording"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "recording.started";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["Recording"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "recording.stopped";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["Recording"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "recording.failed";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["Transcription"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "transcription.started";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["Transcription"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "transcription.stopped";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["Consent"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "consent.given";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["Consent"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "consent.withdrawn";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["RatingSubmitted"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "rating.submitted";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: components["schemas"]["ErrorOccurred"];
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            /** @constant */
            type: "error.occurred";
        } | {
            /**
             * Format: uuid
             * @description May be left out with a connection token.
             */
            call_id?: string;
            /** @description How its source calls one join-to-leave interval. */
            connection?: string;
            data?: Record<string, never>;
            /**
             * Format: uuid
             * @description Made once with the fact and kept through every retry.
             */
            id: string;
            /** Format: date-time */
            occurred_at: string;
            /** @description `user:…` or `guest:…`. */
            participant?: string;
            type: string;
        };
        /** Failed */
        Failed: {
            /** @default error */
            reason: string;
        };
        /**
         * Fault
         * @description Something that is not as it was sealed.
         */
        Fault: {
            /** @default null */
            entry: string | null;
            /** @enum {unknown} */
            kind: "chain" | "changed" | "extra" | "forked" | "identity" | "missing" | "out_of_order" | "signature" | "truncated" | "unreadable";
            /** @default null */
            leaf: number | null;
            said: string;
            /** @default null */
            seal: number | null;
        };
        /**
         * Figures
         * @description A figure over time: its mean, what it was below for 95 % of the time, and its highest.
         */
        Figures: {
            max: number;
            mean: number;
            p95: number;
        };
        /**
         * Found
         * @description What there is, each kind by itself.
         */
        Found: {
            appointments: components["schemas"]["FoundAppointment"][];
            calls: components["schemas"]["FoundCall"][];
            people: components["schemas"]["FoundPerson"][];
            rooms: components["schemas"]["FoundRoom"][];
        };
        /** FoundAppointment */
        FoundAppointment: {
            client: string;
            external_id: string | null;
            /** Format: uuid */
            id: string;
            provider: string;
            scheduled_at: string;
            status: string;
        };
        /** FoundCall */
        FoundCall: {
            created_at: string;
            external_id: string | null;
            /** Format: uuid */
            id: string;
            people: string[];
            started_at: string | null;
            status: string;
            type: string;
        };
        /** FoundPerson */
        FoundPerson: {
            display_name: string | null;
            identity: string;
            role: string | null;
            side: string | null;
        };
        /** FoundRoom */
        FoundRoom: {
            closed: boolean;
            name: string;
            title: string | null;
        };
        /**
         * HeatCell
         * @description An hour of the week.
         */
        HeatCell: {
            days: number;
            hour: number;
            per_week: number | null;
            value: number | null;
            weekday: number;
        };
        /**
         * Heatmap
         * @description The week by hours. An hour that clocks show twice counts as one, so that days are alike.
         */
        Heatmap: {
            cells: components["schemas"]["HeatCell"][];
            from: string;
            /** @enum {unknown} */
            of: "calls" | "failed" | "joins" | "poor" | "score";
            time_zone: string;
            to: string;
        };
        /**
         * HeldCall
         * @description A call of an appointment, in short: when it was, how long, how good, and whether it was recorded.
         */
        HeldCall: {
            duration_seconds: number | null;
            end_reason: string | null;
            ended_at: string | null;
            /** Format: uuid */
            id: string;
            overlap_seconds: number;
            quality_category: string | null;
            quality_score: number | null;
            record_state: string;
            recording_count: number;
            started_at: string | null;
            status: string;
            version: number;
        };
        /**
         * IceServer
         * @description One entry of an ``RTCConfiguration``'s ``iceServers``.
         */
        IceServer: {
            /** @default null */
            credential: string | null;
            urls: string[];
            /** @default null */
            username: string | null;
        };
        /**
         * Initiator
         * @description Who began a call.
         */
        Initiator: {
            avatar_url: string | null;
            display_name: string | null;
            identity: string | null;
            /** Format: uuid */
            participant_id: string;
        };
        /**
         * Interval
         * @description From when until when; no ``to`` while it goes on.
         */
        Interval: {
            from: string;
            to: string | null;
        };
        /**
         * Intervals
         * @description When a connection was what.
         */
        Intervals: {
            audio_on: components["schemas"]["Interval"][];
            connected: components["schemas"]["Interval"][];
            screen: components["schemas"]["Interval"][];
            video_on: components["schemas"]["Interval"][];
        };
        /**
         * InviteLink
         * @description An invite with its secret, and the link that carries it in its fragment.
         */
        InviteLink: {
            closes_at: string | null;
            created_at: string;
            display_name: string | null;
            /** Format: uuid */
            id: string;
            identity: string | null;
            is_host: boolean;
            max_uses: number | null;
            opens_at: string | null;
            revoked_at: string | null;
            role: string;
            room: string;
            secret: string;
            side: ("client" | "provider") | null;
            url: string;
            use_count: number;
        };
        /**
         * InviteOfAttendee
         * @description Somebody's way in: who has the secret comes in as them.
         */
        InviteOfAttendee: {
            display_name: string | null;
            identity: string;
            /** Format: uuid */
            invite_id: string;
            revoked_at: string | null;
            secret: string;
            /** @enum {unknown} */
            side: "client" | "provider";
            url: string;
            use_count: number;
        };
        /** IssueCleared */
        IssueCleared: {
            issue: string;
            /** @default null */
            key: string | null;
        };
        /**
         * IssueRaised
         * @description A quality problem begins; ``issue`` is its kind, ``key`` tells two of a kind apart.
         */
        IssueRaised: {
            issue: string;
            /** @default null */
            key: string | null;
            /** @default null */
            severity: ("critical" | "info" | "warning") | null;
            /** @default null */
            value: number | null;
        };
        /**
         * IssueReported
         * @description A person says that something is wrong.
         */
        IssueReported: {
            text: string;
        };
        /** JoinAgain */
        JoinAgain: {
            /** @default null */
            audio_option: string | null;
            /**
             * @default {
             *       "recording": false
             *     }
             */
            consent: components["schemas"]["Consent"];
            /** @default null */
            device: components["schemas"]["Device"] | null;
            /** @default null */
            metadata: Record<string, never> | null;
            resume: string;
        };
        /** JoinByInvite */
        JoinByInvite: {
            /** @default null */
            audio_option: string | null;
            /**
             * @default {
             *       "recording": false
             *     }
             */
            consent: components["schemas"]["Consent"];
            /** @default null */
            device: components["schemas"]["Device"] | null;
            /** @default null */
            display_name: string | null;
            invite: string;
            /** @default null */
            metadata: Record<string, never> | null;
        };
        /** JoinByServer */
        JoinByServer: {
            /** @default null */
            audio_option: string | null;
            /**
             * @default {
             *       "recording": false
             *     }
             */
            consent: components["schemas"]["Consent"];
            /** @default null */
            device: components["schemas"]["Device"] | null;
            /** @default null */
            display_name: string | null;
            /** @default false */
            host: boolean;
            /** @default null */
            metadata: Record<string, never> | null;
            participant: string;
            /** @default participant */
            role: string;
            /** @default null */
            side: ("client" | "provider") | null;
        };
        /**
         * Joined
         * @description Somebody came in: the connection is there, media not yet.
         */
        Joined: {
            /** @default null */
            audio_enabled: boolean | null;
            /** @default null */
            audio_option: string | null;
            /** @default null */
            connect_until: string | null;
            /** @default null */
            device: components["schemas"]["Device"] | null;
            /** @default null */
            display_name: string | null;
            /** @default null */
            is_host: boolean | null;
            /** @default null */
            metadata: Record<string, never> | null;
            /** @default null */
            role: string | null;
            /** @default null */
            side: ("client" | "provider") | null;
            /** @default null */
            video_enabled: boolean | null;
        };
        /**
         * JoinRow
         * @description Connections: how they came about, and whether they held.
         */
        JoinRow: {
            connected: number;
            disconnections: number;
            drop_rate: number | null;
            dropped: number;
            ends_at: string | null;
            failed: number;
            joins: number;
            name: string | null;
            refused: number;
            setup_ms: components["schemas"]["Spread"] | null;
            starts_at: string | null;
            success_rate: number | null;
            value: string | null;
        };
        /**
         * Joins
         * @description Connections over time, or by what they are divided by.
         */
        Joins: {
            by: ("browser" | "country" | "device" | "engine" | "kind" | "mode" | "network" | "os" | "provider" | "room" | "tag") | null;
            from: string;
            interval: ("day" | "hour" | "month" | "week") | null;
            items: components["schemas"]["JoinRow"][];
            next_cursor: string | null;
            time_zone: string;
            to: string;
            total: components["schemas"]["JoinRow"];
        };
        /**
         * KeptFigures
         * @description What stands with the appointment itself, and stays when its calls are removed.
         */
        KeptFigures: {
            attended_client_seconds: number;
            attended_provider_seconds: number;
            call_count: number;
            call_duration_minutes: number | null;
            call_ended_at: string | null;
            call_started_at: string | null;
            overlap_claimed_seconds: number;
            overlap_seconds: number;
        };
        /**
         * KeptSample
         * @description A sample with its score, all members told: null is unknown.
         */
        KeptSample: {
            /** @default null */
            available_outgoing_kbps: number | null;
            /** @default null */
            bitrate_kbps: number | null;
            /** @default null */
            bytes: number | null;
            /** Format: uuid */
            call_id: string;
            /** @default null */
            codec: string | null;
            /** @default null */
            concealment_pct: number | null;
            /** Format: uuid */
            connection_id: string;
            /** @default 0 */
            counter_resets: number;
            /** @enum {unknown} */
            direction: "inbound" | "outbound";
            /** @default null */
            formula: string | null;
            /** @default null */
            fps: number | null;
            /** @default null */
            fps_expected: number | null;
            /** @default null */
            frames_dropped_pct: number | null;
            /** @default null */
            freeze_count: number | null;
            /** @default null */
            freeze_ratio: number | null;
            /** @default null */
            height: number | null;
            /** Format: uuid */
            id: string;
            interval_ms: number;
            /** @default null */
            jitter_buffer_ms: number | null;
            /** @default null */
            jitter_ms: number | null;
            /** @enum {unknown} */
            kind: "audio" | "screen" | "video";
            /** @default null */
            late_loss_pct: number | null;
            /** @default null */
            limitation: ("bandwidth" | "cpu" | "none" | "other") | null;
            /** @default null */
            mos: number | null;
            /** @default false */
            muted: boolean;
            /** @default null */
            packet_loss_pct: number | null;
            /** @default null */
            packets: number | null;
            /** Format: uuid */
            participant_id: string;
            /** @default null */
            path_rtt_ms: number | null;
            /** @default null */
            protection: ("fec" | "none" | "red" | "red_fec") | null;
            /** @default null */
            rtt_ms: number | null;
            /** @default null */
            score: number | null;
            /** Format: date-time */
            started_at: string;
            /** @default null */
            target_kbps: number | null;
            /** @default null */
            width: number | null;
        };
        /** KeyToMake */
        KeyToMake: {
            name: string;
            scopes: ("accounts:write" | "admin" | "appointments:read" | "appointments:write" | "audit:read" | "calls:read" | "calls:write" | "events:write" | "keys:write" | "metrics:read" | "notes:psychotherapy" | "notes:read" | "notes:sud_counseling" | "notes:write" | "people:read" | "people:write" | "rooms:read" | "rooms:write" | "settings:read" | "settings:write")[];
        };
        /** Left */
        Left: {
            /** @default normal */
            reason: string;
        };
        /**
         * Length
         * @description How long, by each rule of rounding.
         */
        Length: {
            minutes_floor: number;
            minutes_nearest: number;
            seconds: number;
        };
        /**
         * Line
         * @description One person's figures, one for each step; null where nothing is known.
         */
        Line: {
            bitrate_kbps: (number | null)[];
            jitter_ms: (number | null)[];
            packet_loss_pct: (number | null)[];
            /** Format: uuid */
            participant_id: string;
            rtt_ms: (number | null)[];
            score: (number | null)[];
            sent_kbps: (number | null)[];
        };
        /**
         * LiveCounts
         * @description What goes on.
         */
        LiveCounts: {
            calls: number;
            critical_issues: number;
            participants: number;
            ringing: number;
            waiting: number;
        };
        /** LiveToken */
        LiveToken: {
            expires_at: string;
            token: string;
        };
        /**
         * MediaChanged
         * @description What is sent, and how: only what changed is given.
         */
        MediaChanged: {
            /** @default null */
            audio_enabled: boolean | null;
            /** @default null */
            audio_option: string | null;
            /** @default null */
            engine_ids: {
                [key: string]: string;
            } | null;
            /** @default null */
            screen_shared: boolean | null;
            /** @default null */
            video_enabled: boolean | null;
        };
        /**
         * Minute
         * @description One minute of somebody's call, counted from its start.
         */
        Minute: {
            bitrate_kbps: number | null;
            /** @default null */
            jitter_ms: number | null;
            minute: number;
            packet_loss_pct: number | null;
            rtt_ms: number | null;
            score: number | null;
        };
        /**
         * Modality
         * @description By what means: the five parts make up the whole and have no moment in common. Of both sides it is what both had.
         */
        Modality: {
            audio_and_video: components["schemas"]["Part"];
            audio_only: components["schemas"]["Part"];
            neither: components["schemas"]["Part"];
            unknown: components["schemas"]["Part"];
            video_only: components["schemas"]["Part"];
        };
        /** ModeChanged */
        ModeChanged: {
            /** @enum {unknown} */
            mode: "p2p" | "sfu";
        };
        /**
         * Named
         * @description Somebody in the call, as they are called.
         */
        Named: {
            display_name: string | null;
            /** Format: uuid */
            id: string;
        };
        /**
         * NewAppointment
         * @description What a host books.
         */
        NewAppointment: {
            /** @default null */
            client_id: string | null;
            /** @default null */
            clients: string[] | null;
            /** @default null */
            conversation_id: string | null;
            /** @default null */
            duration_minutes: number | null;
            /** @default null */
            external_id: string | null;
            /** @default true */
            is_video_call: boolean;
            /**
             * @default individual
             * @enum {unknown}
             */
            kind: "assessment" | "group" | "individual";
            /** @default {} */
            metadata: Record<string, never>;
            /** @default null */
            payment_provider: string | null;
            /** @default null */
            payment_reference: string | null;
            /**
             * @default pending
             * @enum {unknown}
             */
            payment_status: "completed" | "failed" | "pending" | "refunded";
            provider_id: string;
            /** @default null */
            recording_enabled: boolean | null;
            /** @default null */
            recording_url: string | null;
            /** Format: date-time */
            scheduled_at: string;
            settings?: components["schemas"]["AppointmentSettings"];
            /**
             * @default pending
             * @enum {unknown}
             */
            status: "confirmed" | "pending";
        };
        /**
         * NewestSeal
         * @description What the last seal says.
         */
        NewestSeal: {
            entries: number;
            hash: string;
            key: string;
            number: number;
            root: string;
            sealed_at: string;
        };
        /** NewInvite */
        NewInvite: {
            /** @default null */
            closes_at: string | null;
            /** @default null */
            display_name: string | null;
            /** @default null */
            identity: string | null;
            /** @default false */
            is_host: boolean;
            /** @default null */
            max_uses: number | null;
            /** @default null */
            opens_at: string | null;
            /** @default participant */
            role: string;
            /** @default null */
            side: ("client" | "provider") | null;
        };
        /**
         * NewKey
         * @description A key just made. ``secret`` is shown this once.
         */
        NewKey: {
            created_at: string;
            /** Format: uuid */
            id: string;
            name: string;
            scopes: string[];
            secret: string | null;
        };
        /** NewNote */
        NewNote: {
            author: string;
            /**
             * @default general
             * @enum {unknown}
             */
            class: "general" | "psychotherapy" | "sud_counseling";
            /** @description At most 64 KiB in UTF-8. */
            text: string;
        };
        /** NewRoom */
        NewRoom: {
            /** @default 2 */
            capacity: number;
            /** @default null */
            conversation_id: string | null;
            settings?: components["schemas"]["RoomSettings"];
            /** @default null */
            title: string | null;
            /**
             * @default video
             * @enum {unknown}
             */
            type: "audio" | "video";
        };
        /**
         * NewSecondFactor
         * @description What an app for codes reads. It counts once a code of it was shown.
         */
        NewSecondFactor: {
            secret: string;
            svg: string;
            uri: string;
        };
        /** NoShow */
        NoShow: {
            /** @enum {unknown} */
            absent: "both" | "client" | "provider";
        };
        /**
         * Note
         * @description That there is a note, and by whom; not what it says.
         */
        Note: {
            /** Format: uuid */
            appointment_id: string;
            author: string;
            /** @enum {unknown} */
            class: "general" | "psychotherapy" | "sud_counseling";
            created_at: string;
            erased_at: string | null;
            /** Format: uuid */
            id: string;
            updated_at: string;
            version: number;
        };
        /** NoteAmendment */
        NoteAmendment: {
            author: string;
            /** @description At most 64 KiB in UTF-8. */
            text: string;
            version: number;
        };
        /**
         * NoteVersion
         * @description That a note said something else then.
         */
        NoteVersion: {
            author: string;
            version: number;
            written_at: string;
        };
        /**
         * Nothing
         * @description Nothing beside that it happened.
         */
        Nothing: Record<string, never>;
        /**
         * OpenIssueNow
         * @description A critical problem that is not over.
         */
        OpenIssueNow: {
            /** Format: uuid */
            call_id: string;
            issue: string;
            /** Format: uuid */
            participant_id: string;
            since: string;
        };
        /**
         * OpenIssueShown
         * @description A quality problem that goes on.
         */
        OpenIssueShown: {
            issue: string;
            key: string | null;
            severity: string | null;
            since: string;
        };
        /**
         * OpenNote
         * @description What a note says in one of its versions.
         */
        OpenNote: {
            /** Format: uuid */
            appointment_id: string;
            author: string;
            /** @enum {unknown} */
            class: "general" | "psychotherapy" | "sud_counseling";
            /** Format: uuid */
            id: string;
            text: string;
            version: number;
            written_at: string;
        };
        /**
         * OverlapPart
         * @description When both sides were connected to one call.
         */
        OverlapPart: {
            claimed: components["schemas"]["Length"];
            intervals: components["schemas"]["Interval"][];
            length: components["schemas"]["Length"];
            modality: components["schemas"]["Modality"];
        };
        /**
         * Overview
         * @description Today so far, beside the mean of the same weekday of the last four weeks by the same time.
         */
        Overview: {
            alerts: components["schemas"]["OpenIssueNow"][];
            appointments: components["schemas"]["Compared"];
            at: string;
            calls: components["schemas"]["Compared"];
            day_began_at: string;
            drop_rate: components["schemas"]["Compared"];
            failed_calls: components["schemas"]["Compared"];
            live: components["schemas"]["LiveCounts"];
            no_shows: components["schemas"]["Compared"];
            poor_calls: components["schemas"]["Compared"];
            score: components["schemas"]["Compared"];
            success_rate: components["schemas"]["Compared"];
            time_zone: string;
            weeks: number;
        };
        /** Page[Account] */
        "Page_callwell.access.accounts.Account_": {
            items: components["schemas"]["Account"][];
            next_cursor?: string | null;
        };
        /** Page[ApiKey] */
        "Page_callwell.access.keys.ApiKey_": {
            items: components["schemas"]["ApiKey"][];
            next_cursor?: string | null;
        };
        /** Page[SavedView] */
        "Page_callwell.access.saved_views.SavedView_": {
            items: components["schemas"]["SavedView"][];
            next_cursor?: string | null;
        };
        /** Page[ShownSession] */
        "Page_callwell.access.sessions.ShownSession_": {
            items: components["schemas"]["ShownSession"][];
            next_cursor?: string | null;
        };
        /** Page[ShownMetrics] */
        "Page_callwell.analytics.routes.ShownMetrics_": {
            items: components["schemas"]["ShownMetrics"][];
            next_cursor?: string | null;
        };
        /** Page[TimelineEntry] */
        "Page_callwell.calls.rules.TimelineEntry_": {
            items: components["schemas"]["TimelineEntry"][];
            next_cursor?: string | null;
        };
        /** Page[Note] */
        "Page_callwell.compliance.notes.Note_": {
            items: components["schemas"]["Note"][];
            next_cursor?: string | null;
        };
        /** Page[NoteVersion] */
        "Page_callwell.compliance.notes.NoteVersion_": {
            items: components["schemas"]["NoteVersion"][];
            next_cursor?: string | null;
        };
        /** Page[ShownEntry] */
        "Page_callwell.compliance.routes.ShownEntry_": {
            items: components["schemas"]["ShownEntry"][];
            next_cursor?: string | null;
        };
        /** Page[ShownInvite] */
        "Page_callwell.joining.routes.ShownInvite_": {
            items: components["schemas"]["ShownInvite"][];
            next_cursor?: string | null;
        };
        /** Page[InviteOfAttendee] */
        "Page_callwell.planning.appointment_routes.InviteOfAttendee_": {
            items: components["schemas"]["InviteOfAttendee"][];
            next_cursor?: string | null;
        };
        /** Page[ShownAppointment] */
        "Page_callwell.planning.appointment_routes.ShownAppointment_": {
            items: components["schemas"]["ShownAppointment"][];
            next_cursor?: string | null;
        };
        /** Page[Conversation] */
        "Page_callwell.planning.conversations.Conversation_": {
            items: components["schemas"]["Conversation"][];
            next_cursor?: string | null;
        };
        /** Page[ExplainedSetting] */
        "Page_callwell.planning.deployed.ExplainedSetting_": {
            items: components["schemas"]["ExplainedSetting"][];
            next_cursor?: string | null;
        };
        /** Page[Person] */
        "Page_callwell.planning.people.Person_": {
            items: components["schemas"]["Person"][];
            next_cursor?: string | null;
        };
        /** Page[ShownRoom] */
        "Page_callwell.planning.routes.ShownRoom_": {
            items: components["schemas"]["ShownRoom"][];
            next_cursor?: string | null;
        };
        /** Page[KeptSample] */
        "Page_callwell.quality.routes.KeptSample_": {
            items: components["schemas"]["KeptSample"][];
            next_cursor?: string | null;
        };
        /** Page[StoredEvent] */
        "Page_callwell.record.queries.StoredEvent_": {
            items: components["schemas"]["StoredEvent"][];
            next_cursor?: string | null;
        };
        /** Page[Call] */
        "Page_callwell.record.shown.Call_": {
            items: components["schemas"]["Call"][];
            next_cursor?: string | null;
        };
        /** Page[Participant] */
        "Page_callwell.record.shown.Participant_": {
            items: components["schemas"]["Participant"][];
            next_cursor?: string | null;
        };
        /**
         * Part
         * @description Some time, in pieces.
         */
        Part: {
            intervals: components["schemas"]["Interval"][];
            length: components["schemas"]["Length"];
        };
        /**
         * Participant
         * @description Somebody in a call. Exactly one of ``user_id`` and ``guest_id`` is there, and neither of somebody who was erased.
         */
        Participant: {
            attended_seconds: number;
            audio_enabled: boolean | null;
            avatar_url: string | null;
            average_bandwidth_kbps: number | null;
            call_role: string;
            connected_at: string | null;
            connections: components["schemas"]["Connection"][];
            disconnection_count: number;
            display_name: string | null;
            error_count: number;
            event_count: number;
            ever_audio: boolean | null;
            ever_screen: boolean;
            ever_video: boolean | null;
            evidence: components["schemas"]["Evidence"];
            guest_id: string | null;
            /** Format: uuid */
            id: string;
            identity: string | null;
            is_host: boolean;
            issue_count: number;
            join_count: number;
            joined_at: string | null;
            language: string | null;
            leave_reason: string | null;
            left_at: string | null;
            messages_sent: number;
            quality_category: string | null;
            quality_score: number | null;
            rating_stars: number | null;
            reactions_sent: number;
            role: string | null;
            screen_shared: boolean | null;
            side: string | null;
            spoke_seconds: number;
            status: string;
            user_id: string | null;
            video_enabled: boolean | null;
            wait_seconds: number;
        };
        /** PasswordChange */
        PasswordChange: {
            current: string;
            new: string;
        };
        /**
         * People
         * @description Who took part, and how much.
         */
        People: {
            from: string;
            items: components["schemas"]["EngagedPerson"][];
            /** @default null */
            next_cursor: string | null;
            /** @enum {unknown} */
            order: "least" | "most";
            side: ("client" | "none" | "provider") | null;
            smallest_group: number;
            /** @enum {unknown} */
            sort: "attended" | "messages" | "no_shows" | "ratings" | "reactions" | "sessions";
            time_zone: string;
            to: string;
            totals: components["schemas"]["Engagement"];
        };
        /** PeopleToRing */
        PeopleToRing: {
            people: string[];
        };
        /** Person */
        Person: {
            avatar_url: string | null;
            created_at: string;
            display_name: string | null;
            identity: string;
            is_given: boolean;
            language: string | null;
            role: string | null;
            side: ("client" | "provider") | null;
            time_zone: string | null;
            updated_at: string;
        };
        /**
         * PersonGiven
         * @description All that the host says of somebody.
         */
        PersonGiven: {
            /** @default null */
            avatar_url: string | null;
            /** @default null */
            display_name: string | null;
            /** @default null */
            language: string | null;
            /** @default null */
            role: string | null;
            /** @default null */
            side: ("client" | "provider") | null;
            /** @default null */
            time_zone: string | null;
        };
        /**
         * PersonInShort
         * @description Somebody in a call.
         */
        PersonInShort: {
            display_name: string | null;
            identity: string | null;
            joined: boolean;
            role: string | null;
            side: string | null;
        };
        /**
         * PersonStats
         * @description A person's sessions; a session is one participant in one call, so coming back to a call is the same one. Demonstrations are left out.
         */
        PersonStats: {
            average_duration_seconds: number;
            completed: number;
            failed: number;
            quality_issues: number;
            total: number;
            total_duration_seconds: number;
        };
        /**
         * Problem
         * @description What went wrong (RFC 9457). Some codes have more members.
         */
        Problem: {
            /** @description Stable; what programs look at. */
            code: string;
            /** @description A sentence fit to show. */
            detail: string;
            errors: {
                field: string;
                problem: string;
            }[];
            status: number;
            title: string;
            /** @description `urn:callwell:error:` and the code. */
            type: string;
        };
        /**
         * ProblemCall
         * @description A call that went wrong.
         */
        ProblemCall: {
            began_at: string;
            /** Format: uuid */
            call_id: string;
            category: string;
            critical_issues: number;
            disconnections: number;
            duration_seconds: number | null;
            engine: string | null;
            issues: number;
            participants: number | null;
            provider: string | null;
            provider_name: string | null;
            score: number | null;
            status: string;
            type: string | null;
            why: ("critical" | "disconnections" | "failed" | "poor")[];
        };
        /**
         * ProblemCalls
         * @description Calls that went wrong, those with most disconnections first.
         */
        ProblemCalls: {
            from: string;
            items: components["schemas"]["ProblemCall"][];
            more_than: number;
            /** @default null */
            next_cursor: string | null;
            time_zone: string;
            to: string;
        };
        /**
         * Proof
         * @description That one entry was sealed: with the hashes beside its way up it comes to the root that the seal names.
         */
        Proof: {
            entry: string;
            index: number;
            leaf: number;
            path: string[];
            proof: number;
            seal: string;
        };
        /**
         * Provider
         * @description What a provider's work came to. Shares are from 0 to 1.
         */
        Provider: {
            attended_minutes: number | null;
            average_minutes: number | null;
            booked: number | null;
            calls: number;
            cancelled: number | null;
            client_no_shows: number | null;
            completed: number | null;
            disconnections: number | null;
            failed_share: number | null;
            identity: string;
            issue_share: number | null;
            issues: number | null;
            late_share: number | null;
            mean_late_minutes: number | null;
            messages: number | null;
            name: string | null;
            no_shows: number | null;
            overlap_minutes: number | null;
            rating: number | null;
            ratings: number | null;
            reactions: number | null;
            score: number | null;
            sessions: number;
            speaking_share: number | null;
            suppressed: boolean;
        };
        /**
         * Providers
         * @description Providers beside each other.
         */
        Providers: {
            from: string;
            items: components["schemas"]["Provider"][];
            /** @default null */
            next_cursor: string | null;
            /** @enum {unknown} */
            order: "least" | "most";
            smallest_group: number;
            /** @enum {unknown} */
            sort: "attended" | "average" | "calls" | "client_no_shows" | "disconnections" | "failed" | "issues" | "late" | "messages" | "no_shows" | "overlap" | "rating" | "reactions" | "score" | "sessions" | "speaking";
            time_zone: string;
            to: string;
        };
        /**
         * Quality
         * @description Quality over time, by hour of the day, by weekday, or by what it is divided by.
         */
        Quality: {
            by: ("browser" | "country" | "device" | "engine" | "hour_of_day" | "kind" | "mode" | "network" | "os" | "provider" | "room" | "tag" | "weekday") | null;
            from: string;
            interval: ("day" | "hour" | "month" | "week") | null;
            items: components["schemas"]["QualityRow"][];
            next_cursor: string | null;
            time_zone: string;
            to: string;
            total: components["schemas"]["QualityRow"];
        };
        /** QualityChanged */
        QualityChanged: {
            /** @enum {unknown} */
            category: "excellent" | "fair" | "good" | "poor" | "unknown";
            /** @default null */
            score: number | null;
        };
        /**
         * QualityRow
         * @description How good minutes were: one minute of one person is what is counted.
         */
        QualityRow: {
            bitrate_kbps: components["schemas"]["Spread"] | null;
            ends_at: string | null;
            issues: number;
            issues_per_hour: number | null;
            jitter_ms: components["schemas"]["Spread"] | null;
            minutes: number;
            name: string | null;
            packet_loss_pct: components["schemas"]["Spread"] | null;
            poor_share: number | null;
            rtt_ms: components["schemas"]["Spread"] | null;
            score: components["schemas"]["ScoreSpread"] | null;
            scored: number;
            starts_at: string | null;
            value: string | null;
        };
        /** RatingSubmitted */
        RatingSubmitted: {
            /** @default null */
            comment: string | null;
            stars: number;
        };
        /** ReactionSent */
        ReactionSent: {
            /** @default null */
            kind: string | null;
        };
        /** Ready */
        Ready: {
            reasons: string[];
            /** @enum {unknown} */
            status: "not_ready" | "ready";
        };
        /** Reason */
        Reason: {
            /** @default null */
            reason: string | null;
        };
        /**
         * Reconnected
         * @description Media flows again. ``media_kept``: it never stopped, only we could not be told.
         */
        Reconnected: {
            /** @default false */
            media_kept: boolean;
        };
        /** Recording */
        Recording: {
            /** @default null */
            reason: string | null;
            /** @default null */
            recording_id: string | null;
            /** @default null */
            requested_by: string | null;
            /** @default null */
            requested_by_id: string | null;
        };
        /** RecoveryCodes */
        RecoveryCodes: {
            recovery_codes: string[];
        };
        /**
         * Report
         * @description What is known of how a call went.
         */
        Report: {
            analyzed_at: string;
            bytes_received: number | null;
            bytes_sent: number | null;
            /** Format: uuid */
            call_id: string;
            category: string;
            connection_quality: string | null;
            coverage: components["schemas"]["Coverage"];
            disconnection_count: number;
            elapsed_seconds: number | null;
            ended_at: string | null;
            formula: string;
            is_final: boolean;
            issues: components["schemas"]["ShownIssue"][];
            mode: string;
            mode_switch_count: number;
            overlap_seconds: number;
            participant_count: number;
            participants: components["schemas"]["ShownPerson"][];
            peak_participants: number;
            profile: string;
            rating: number | null;
            reasons: components["schemas"]["Why"][];
            record_state: string;
            revision: number;
            sample_count: number;
            score: number | null;
            setup: components["schemas"]["Setup"] | null;
            started_at: string | null;
            timeline: components["schemas"]["TimelineEntry"][];
            tracks: components["schemas"]["Track"][];
            version: number;
        };
        /**
         * Result
         * @description What became of a batch of facts or samples: `received` is the sum of the others.
         */
        Result: {
            duplicate: number;
            /** @description One for each, in the order in which they were sent. */
            outcomes: {
                /**
                 * @description Why it was rejected.
                 * @enum {unknown}
                 */
                code?: "call.too_many_events" | "call.too_many_participants" | "call.too_many_samples" | "call.unknown" | "event.after_revocation" | "event.conflict" | "event.erased" | "event.invalid" | "event.not_allowed" | "event.not_yours" | "event.too_late" | "event.unknown_type" | "event.waiting" | "sample.after_revocation" | "sample.erased" | "sample.invalid" | "sample.not_yours" | "sample.too_late";
                detail?: string;
                /** @description As it was sent. */
                id: string | null;
                /** @enum {unknown} */
                outcome: "stored" | "duplicate" | "rejected";
            }[];
            received: number;
            rejected: number;
            stored: number;
        };
        /**
         * RoomChange
         * @description What changes of a room: only what is given. A setting that is given as null is as if never given.
         */
        RoomChange: {
            capacity?: number;
            settings?: components["schemas"]["RoomSettingsToChange"];
            title?: string | null;
        };
        /**
         * RoomSettings
         * @description All that holds for a meeting. Recording and transcription are wishes: they begin with the consent that is needed.
         */
        RoomSettings: {
            /** @description People may write to each other. */
            chat_enabled?: boolean;
            /**
             * @description When an appointment counts as completed: after a call in which both sides were there, or after any call that ended.
             * @enum {unknown}
             */
            completion_rule?: "any_end" | "both_present";
            /** @description How long a call goes on with nobody connected. */
            empty_seconds?: number;
            /** @description How long a connection that was lost may come back as the same. */
            grace_seconds?: number;
            /** @description How long before an appointment its people may come in. */
            join_early_minutes?: number;
            /** @description How long after its planned end an appointment's people may still come in. */
            join_late_minutes?: number;
            /** @description The most people in a call; never more than the environment allows. */
            max_participants?: number;
            /** @description The profile of thresholds by which a call's report judges its quality. */
            quality_profile?: string;
            /** @description The call is to be recorded, once whoever must has consented. */
            recording_enabled?: boolean;
            /** @description Clients come in only once the appointment is paid for. */
            require_payment?: boolean;
            /** @description Nobody comes in who does not consent to being recorded. */
            require_recording_consent?: boolean;
            /** @description How long a call rings. */
            ringing_seconds?: number;
            /** @description How often a page sends the numbers of its connection's quality. */
            sample_seconds?: number;
            /** @description People may share their screens. */
            screen_share_enabled?: boolean;
            /** @description How long after its end a call's record is provisional. */
            settling_seconds?: number;
            /** @description What is said is to be written down, once whoever must has consented. */
            transcription_enabled?: boolean;
            /** @description Whoever is no host waits until a host lets them in. */
            waiting_room?: boolean;
        };
        /**
         * RoomSettingsToChange
         * @description All that holds for a meeting. Recording and transcription are wishes: they begin with the consent that is needed.
         */
        RoomSettingsToChange: {
            chat_enabled?: boolean | null;
            completion_rule?: ("any_end" | "both_present") | null;
            empty_seconds?: number | null;
            grace_seconds?: number | null;
            join_early_minutes?: number | null;
            join_late_minutes?: number | null;
            max_participants?: number | null;
            quality_profile?: string | null;
            recording_enabled?: boolean | null;
            require_payment?: boolean | null;
            require_recording_consent?: boolean | null;
            ringing_seconds?: number | null;
            sample_seconds?: number | null;
            screen_share_enabled?: boolean | null;
            settling_seconds?: number | null;
            transcription_enabled?: boolean | null;
            waiting_room?: boolean | null;
        };
        /**
         * SampleFact
         * @description A sample on the wire. A page's own socket says neither call nor whose it is: its token does.
         */
        SampleFact: {
            /** @default null */
            available_outgoing_kbps: number | null;
            /** @default null */
            bitrate_kbps: number | null;
            /** @default null */
            bytes: number | null;
            /** @default null */
            call_id: string | null;
            /** @default null */
            codec: string | null;
            /** @default null */
            concealment_pct: number | null;
            /** @default null */
            connection: string | null;
            /** @default 0 */
            counter_resets: number;
            /** @enum {unknown} */
            direction: "inbound" | "outbound";
            /** @default null */
            fps: number | null;
            /** @default null */
            fps_expected: number | null;
            /** @default null */
            frames_dropped_pct: number | null;
            /** @default null */
            freeze_count: number | null;
            /** @default null */
            freeze_ratio: number | null;
            /** @default null */
            height: number | null;
            /** Format: uuid */
            id: string;
            interval_ms: number;
            /** @default null */
            jitter_buffer_ms: number | null;
            /** @default null */
            jitter_ms: number | null;
            /** @enum {unknown} */
            kind: "audio" | "screen" | "video";
            /** @default null */
            late_loss_pct: number | null;
            /** @default null */
            limitation: ("bandwidth" | "cpu" | "none" | "other") | null;
            /** @default false */
            muted: boolean;
            /** @default null */
            packet_loss_pct: number | null;
            /** @default null */
            packets: number | null;
            /** @default null */
            participant: string | null;
            /** @default null */
            path_rtt_ms: number | null;
            /** @default null */
            protection: ("fec" | "none" | "red" | "red_fec") | null;
            /** @default null */
            rtt_ms: number | null;
            /** Format: date-time */
            started_at: string;
            /** @default null */
            target_kbps: number | null;
            /** @default null */
            width: number | null;
        };
        /** SavedView */
        SavedView: {
            created_at: string;
            /** Format: uuid */
            id: string;
            name: string;
            page: string;
            query: Record<string, never>;
        };
        /**
         * ScoreSpread
         * @description Scores from 0 to 100: their mean, and what they are at least for half and 95 of a hundred, within 2 %.
         */
        ScoreSpread: {
            mean: number;
            p5: number;
            p50: number;
        };
        /** Search */
        Search: {
            /** @default 8 */
            limit: number;
            q: string;
        };
        /**
         * SeenCall
         * @description A call as the people in it see it.
         */
        SeenCall: {
            end_reason: string | null;
            ended_at: string | null;
            /** Format: uuid */
            id: string;
            mode: string;
            participants: components["schemas"]["SeenParticipant"][];
            room: string | null;
            settings: Record<string, never>;
            started_at: string | null;
            status: string;
            type: string;
            version: number;
        };
        /** SeenConnection */
        SeenConnection: {
            /** Format: uuid */
            id: string;
            status: string;
        };
        /**
         * SeenParticipant
         * @description Name, role and state of somebody; not who they are, nor what they are there with.
         */
        SeenParticipant: {
            audio_enabled: boolean | null;
            connections: components["schemas"]["SeenConnection"][];
            display_name: string | null;
            host: boolean;
            /** Format: uuid */
            id: string;
            role: string | null;
            screen_shared: boolean | null;
            side: string | null;
            status: string;
            video_enabled: boolean | null;
        };
        /**
         * Series
         * @description Everybody's figures over the time of a call.
         */
        Series: {
            /** Format: uuid */
            call_id: string;
            lines: components["schemas"]["Line"][];
            since: string;
            step_seconds: number;
            steps: number;
        };
        /**
         * Session
         * @description Who is signed in, if anybody is, and what their pages have to know.
         */
        Session: {
            account: components["schemas"]["SignedIn"] | null;
            csrf: string | null;
            expires_at: string | null;
            idle_seconds: number;
            sign_in: components["schemas"]["WaysToSignIn"];
        };
        /**
         * SettingsChanged
         * @description Settings of the call, those given alone.
         */
        SettingsChanged: {
            /** @default null */
            changed_by: string | null;
            /** @default null */
            changed_by_id: string | null;
            settings: Record<string, never>;
        };
        /** Setup */
        Setup: {
            max_ms: number;
            mean_ms: number;
        };
        /**
         * ShownAppointment
         * @description An appointment, and what its calls come to.
         */
        ShownAppointment: {
            access_count: number;
            attended_client_seconds: number;
            attended_provider_seconds: number;
            call_count: number;
            call_duration_minutes: number | null;
            call_ended_at: string | null;
            call_failed: boolean;
            call_started_at: string | null;
            calls: components["schemas"]["HeldCall"][];
            cancelled_at: string | null;
            client_id: string | null;
            clients: components["schemas"]["ShownAttendee"][];
            closes_at: string;
            completed_at: string | null;
            confirmed_at: string | null;
            conversation_id: string | null;
            created_at: string;
            declined_at: string | null;
            duration_minutes: number;
            ends_at: string;
            evidence: unknown;
            external_id: string | null;
            formatted_duration: string;
            /** Format: uuid */
            id: string;
            is_video_call: boolean;
            /** @enum {unknown} */
            kind: "assessment" | "group" | "individual";
            last_accessed_at: string;
            metadata: Record<string, never>;
            no_show: ("both" | "client" | "provider") | null;
            opens_at: string;
            overlap_claimed_seconds: number;
            overlap_seconds: number;
            payment_provider: string | null;
            payment_reference: string | null;
            /** @enum {unknown} */
            payment_status: "completed" | "failed" | "pending" | "refunded";
            provider: components["schemas"]["ShownAttendee"];
            provider_id: string | null;
            reason: string | null;
            recording_enabled: boolean;
            recording_url: string | null;
            room: string | null;
            scheduled_at: string;
            settings: Record<string, never>;
            /** @enum {unknown} */
            status: "cancelled" | "completed" | "confirmed" | "declined" | "in_progress" | "no_show" | "pending";
            /** @enum {unknown} */
            status_summary: "active" | "cancelled" | "completed" | "failed" | "scheduled";
            updated_at: string;
            url: string | null;
        };
        /**
         * ShownAttendee
         * @description Somebody who is to come. To other people in it they have a name and no identity.
         */
        ShownAttendee: {
            avatar_url: string | null;
            display_name: string | null;
            identity: string | null;
            /** @enum {unknown} */
            side: "client" | "provider";
        };
        /**
         * ShownEntry
         * @description Something that was done, by whom and from where; who it was is null once they were erased, and their address as it may be kept.
         */
        ShownEntry: {
            action: string;
            address: string | null;
            appointment_id: string | null;
            at: string;
            call_id: string | null;
            caller: string;
            duration_ms: number | null;
            error_code: string | null;
            error_message: string | null;
            /** Format: uuid */
            id: string;
            identity: string | null;
            invite_id: string | null;
            metadata: Record<string, never>;
            participant_id: string | null;
            room: string | null;
            user_agent: string | null;
        };
        /**
         * ShownInvite
         * @description An invite, without what lets somebody in.
         */
        ShownInvite: {
            closes_at: string | null;
            created_at: string;
            display_name: string | null;
            /** Format: uuid */
            id: string;
            identity: string | null;
            is_host: boolean;
            max_uses: number | null;
            opens_at: string | null;
            revoked_at: string | null;
            role: string;
            room: string;
            side: ("client" | "provider") | null;
            use_count: number;
        };
        /** ShownIssue */
        ShownIssue: {
            /** @default null */
            caused_by: string | null;
            caused_by_name: string | null;
            code: string;
            connection_id: string | null;
            critical_at: string | null;
            direction: ("inbound" | "outbound") | null;
            display_name: string | null;
            ended_at: string;
            kind: ("audio" | "screen" | "video") | null;
            minute: number;
            /** Format: uuid */
            participant_id: string;
            seconds: number;
            sentence: string;
            /** @enum {unknown} */
            severity: "critical" | "warning";
            started_at: string;
            worst: number | null;
        };
        /**
         * ShownMetrics
         * @description What happened in a period. What is late is counted where it happened, so that the figures of a period that is over can still change.
         */
        ShownMetrics: {
            attempts: number;
            average_connection_ms: number | null;
            average_duration_seconds: number | null;
            calls: number;
            completed: number;
            connections: number;
            ends_at: string;
            error_counts: {
                [key: string]: {
                    [key: string]: number;
                };
            };
            failed_connections: number;
            failures: number;
            /** @enum {unknown} */
            period: "daily" | "hourly" | "monthly" | "weekly";
            starts_at: string;
            successes: number;
            total_duration_seconds: number;
            unique_users: number;
        };
        /** ShownPerson */
        ShownPerson: {
            attended_seconds: number;
            bandwidth_kbps: number | null;
            bytes_received: number | null;
            bytes_sent: number | null;
            /** @enum {unknown} */
            category: "excellent" | "fair" | "good" | "poor" | "unknown";
            coverage: components["schemas"]["Coverage"];
            disconnected_seconds: number;
            display_name: string | null;
            identity: string | null;
            issues: components["schemas"]["ShownIssue"][];
            minutes: components["schemas"]["Minute"][];
            /** Format: uuid */
            participant_id: string;
            rating_stars: number | null;
            reasons: components["schemas"]["Why"][];
            reconnects: number;
            role: string | null;
            score: number | null;
            sent_score: number | null;
            setup_ms: number | null;
            side: string | null;
            spoke_seconds: number;
            tracks: components["schemas"]["Track"][];
        };
        /**
         * ShownRoom
         * @description A room, and its page.
         */
        ShownRoom: {
            access_count: number;
            capacity: number;
            closed_at: string | null;
            conversation_id: string | null;
            created_at: string;
            last_accessed_at: string;
            name: string;
            settings: Record<string, never>;
            title: string | null;
            /** @enum {unknown} */
            type: "audio" | "video";
            url: string;
        };
        /**
         * ShownSession
         * @description A session as its own account is shown it.
         */
        ShownSession: {
            created_at: string;
            expires_at: string;
            /** Format: uuid */
            id: string;
            /** @default false */
            is_this: boolean;
            seen_at: string;
            user_agent: string | null;
        };
        /**
         * SignedIn
         * @description Whose session it is.
         */
        SignedIn: {
            email: string;
            has_password: boolean;
            has_second_factor: boolean;
            /** Format: uuid */
            id: string;
            identity: string | null;
            name: string;
            /** @enum {unknown} */
            role: "admin" | "auditor" | "provider" | "supervisor";
        };
        /**
         * SpeakerSpoke
         * @description Somebody spoke for so long, ending when it happened.
         */
        SpeakerSpoke: {
            duration_ms: number;
        };
        /**
         * Spread
         * @description A figure over all that it is known of: its mean, and what it is at most for half, 95 and 99 of a hundred, within 2 %.
         */
        Spread: {
            mean: number;
            p50: number;
            p95: number;
            p99: number;
        };
        /**
         * Standing
         * @description How the trail stands.
         */
        Standing: {
            at: string;
            checked: components["schemas"]["Checked"] | null;
            checkpoint_in_folder: number | null;
            checkpoint_told: number | null;
            newest: components["schemas"]["NewestSeal"] | null;
            sealed_entries: number;
            unsealed_entries: number;
            unsealed_since: string | null;
        };
        /**
         * StoredEvent
         * @description A fact as it is kept. Whom it names it names by our ids of them.
         */
        StoredEvent: {
            basis_at: string | null;
            connection_id: string | null;
            data: Record<string, never>;
            /** Format: uuid */
            id: string;
            occurred_at: string;
            participant_id: string | null;
            received_at: string;
            sent_at: string | null;
            source: string;
            type: string;
        };
        /**
         * Summaries
         * @description A page of calls in short.
         */
        Summaries: {
            items: components["schemas"]["CallSummary"][];
            looked_back_to: string | null;
            next_cursor: string | null;
        };
        /**
         * TimelineEntry
         * @description Something that happened, told once however often and by however many it was told.
         */
        TimelineEntry: {
            at: string;
            connection: string | null;
            /** @default 1 */
            count: number;
            detail: Record<string, never>;
            /** @default false */
            is_guess: boolean;
            participant: components["schemas"]["Named"] | null;
            sources: string[];
            type: string;
            /** @default null */
            until: string | null;
        };
        /** TokenToMake */
        TokenToMake: {
            identity: string;
            /** @default 3600 */
            seconds: number;
        };
        /**
         * Track
         * @description All that was measured of one kind in one direction.
         */
        Track: {
            bitrate_kbps: components["schemas"]["Figures"] | null;
            bytes: number | null;
            /** @enum {unknown} */
            category: "excellent" | "fair" | "good" | "poor" | "unknown";
            codecs: string[];
            concealment_pct: components["schemas"]["Figures"] | null;
            counter_resets: number;
            /** @enum {unknown} */
            direction: "inbound" | "outbound";
            fps: components["schemas"]["Figures"] | null;
            frames_dropped_pct: components["schemas"]["Figures"] | null;
            freeze_count: number | null;
            freeze_seconds: number | null;
            height: number | null;
            jitter_buffer_ms: components["schemas"]["Figures"] | null;
            jitter_ms: components["schemas"]["Figures"] | null;
            /** @enum {unknown} */
            kind: "audio" | "screen" | "video";
            late_loss_pct: components["schemas"]["Figures"] | null;
            limited_seconds: {
                [key: string]: number;
            };
            mos: number | null;
            muted_seconds: number;
            packet_loss_pct: components["schemas"]["Figures"] | null;
            packets: number | null;
            reasons: components["schemas"]["Why"][];
            rtt_ms: components["schemas"]["Figures"] | null;
            samples: number;
            score: number | null;
            seconds: number;
            /** @enum {unknown} */
            teams_cqd_class: "Good" | "Poor" | "Unclassified";
            width: number | null;
        };
        /** Transcription */
        Transcription: {
            /** @default null */
            language: string | null;
        };
        /** UserToken */
        UserToken: {
            expires_at: string;
            token: string;
        };
        /** ViewChanged */
        ViewChanged: {
            view: string;
        };
        /** ViewToSave */
        ViewToSave: {
            name: string;
            page: string;
            query: Record<string, never>;
        };
        /**
         * Volume
         * @description Calls over time. By a dimension: of its ten values with most calls a series each, and one of the rest.
         */
        Volume: {
            by: ("browser" | "country" | "device" | "engine" | "kind" | "mode" | "network" | "os" | "provider" | "room" | "tag") | null;
            from: string;
            /** @enum {unknown} */
            interval: "day" | "hour" | "month" | "week";
            series: components["schemas"]["VolumeSeries"][];
            time_zone: string;
            to: string;
            total: components["schemas"]["VolumeFigures"];
        };
        /**
         * VolumeFigures
         * @description How many calls there were, and what became of them.
         */
        VolumeFigures: {
            calls: number;
            ended: number;
            failed: number;
            mean_duration_seconds: number | null;
            participants: number;
            started: number;
            unanswered: number;
        };
        /** VolumePoint */
        VolumePoint: {
            calls: number;
            ended: number;
            ends_at: string;
            failed: number;
            mean_duration_seconds: number | null;
            participants: number;
            started: number;
            starts_at: string;
            unanswered: number;
        };
        /**
         * VolumeSeries
         * @description Calls over time: all of them, those of one value, or the rest.
         */
        VolumeSeries: {
            is_rest: boolean;
            name: string | null;
            points: components["schemas"]["VolumePoint"][];
            total: components["schemas"]["VolumeFigures"];
            value: string | null;
        };
        /**
         * Waiting
         * @description Somebody is in the waiting room. ``connect_until``: they are gone then, where their page was not heard of by then.
         */
        Waiting: {
            /** @default null */
            audio_option: string | null;
            /** @default null */
            connect_until: string | null;
            /** @default null */
            device: components["schemas"]["Device"] | null;
            /** @default null */
            display_name: string | null;
            /** @default null */
            metadata: Record<string, never> | null;
            /** @default null */
            role: string | null;
            /** @default null */
            side: ("client" | "provider") | null;
        };
        /** WaysToSignIn */
        WaysToSignIn: {
            /** @default null */
            oidc: string | null;
            /** @default true */
            password: boolean;
        };
        /**
         * Why
         * @description What cost points; or, where there is no score, why there is none.
         */
        Why: {
            code: string;
            points: number | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    live: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Alive"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ready: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Ready"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_accounts: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.access.accounts.Account_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_account: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountToMake"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountWithPassword"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_account: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                account_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    disable_account: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                account_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_account: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                account_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountChange"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    reset_account: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                account_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountWithPassword"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    end_sessions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                account_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_billing: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description Only appointments that somebody should look at. A page may have fewer than `limit` of them and yet a next one. */
                flagged?: boolean;
                /** @description As what: else as `Accept` says, else JSON. A file has all pages. */
                format?: "json" | "csv" | "parquet" | null;
                /** @description From then on. A date (2026-11-21), which begins as the deployment's days do, or a time with its zone. Else the last thirty days. */
                from?: string | null;
                /** @description How many items at most. */
                limit?: number;
                /** @description Of this provider alone: `user:…`. */
                provider?: string | null;
                /** @description Only appointments of which this became. Totals are of all. */
                status?: "pending" | "confirmed" | "in_progress" | "completed" | "cancelled" | "declined" | "no_show" | null;
                /** @description Before then. A date (2026-11-21), which begins as the deployment's days do, or a time with its zone. Else until now. */
                to?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Billing"];
                    "application/vnd.apache.parquet": string;
                    "text/csv": string;
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_durations: {
        parameters: {
            query?: {
                /** @description Of this value alone. One dimension at a time. */
                browser?: string | null;
                /** @description By which dimension it is divided. */
                by?: "engine" | "mode" | "kind" | "provider" | "room" | "tag" | "browser" | "os" | "device" | "network" | "country" | null;
                /** @description Of this value alone. One dimension at a time. */
                country?: string | null;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                device?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                engine?: string | null;
                /** @description As what: else as `Accept` says, else JSON. A file has all pages. */
                format?: "json" | "csv" | "parquet" | null;
                /** @description From then on. A date (2026-11-21), which begins as the deployment's days do, or a time with its zone. Else the last thirty days. */
                from?: string | null;
                /** @description How far the points of a series are apart. */
                interval?: "hour" | "day" | "week" | "month" | null;
                /** @description Of this value alone. One dimension at a time. */
                kind?: string | null;
                /** @description How many items at most. */
                limit?: number;
                /** @description Of this value alone. One dimension at a time. */
                mode?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                network?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                os?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                provider?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                room?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                tag?: string | null;
                /** @description Before then. A date (2026-11-21), which begins as the deployment's days do, or a time with its zone. Else until now. */
                to?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Durations"];
                    "application/vnd.apache.parquet": string;
                    "text/csv": string;
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_heatmap: {
        parameters: {
            query?: {
                /** @description Of this value alone. One dimension at a time. */
                browser?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                country?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                device?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                engine?: string | null;
                /** @description As what: else as `Accept` says, else JSON. A file has all pages. */
                format?: "json" | "csv" | "parquet" | null;
                /** @description From then on. A date (2026-11-21), which begins as the deployment's days do, or a time with its zone. Else the last thirty days. */
                from?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                kind?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                mode?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                network?: string | null;
                /** @description What of it: how many calls, poor or failed ones, or joins; or the mean score. */
                of?: "calls" | "poor" | "failed" | "joins" | "score";
                /** @description Of this value alone. One dimension at a time. */
                os?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                provider?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                room?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                tag?: string | null;
                /** @description Before then. A date (2026-11-21), which begins as the deployment's days do, or a time with its zone. Else until now. */
                to?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Heatmap"];
                    "application/vnd.apache.parquet": string;
                    "text/csv": string;
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_joins: {
        parameters: {
            query?: {
                /** @description Of this value alone. One dimension at a time. */
                browser?: string | null;
                /** @description By which dimension it is divided. */
                by?: "engine" | "mode" | "kind" | "provider" | "room" | "tag" | "browser" | "os" | "device" | "network" | "country" | null;
                /** @description Of this value alone. One dimension at a time. */
                country?: string | null;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                device?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                engine?: string | null;
                /** @description As what: else as `Accept` says, else JSON. A file has all pages. */
                format?: "json" | "csv" | "parquet" | null;
                /** @description From then on. A date (2026-11-21), which begins as the deployment's days do, or a time with its zone. Else the last thirty days. */
                from?: string | null;
                /** @description How far the points of a series are apart. */
                interval?: "hour" | "day" | "week" | "month" | null;
                /** @description Of this value alone. One dimension at a time. */
                kind?: string | null;
                /** @description How many items at most. */
                limit?: number;
                /** @description Of this value alone. One dimension at a time. */
                mode?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                network?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                os?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                provider?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                room?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                tag?: string | null;
                /** @description Before then. A date (2026-11-21), which begins as the deployment's days do, or a time with its zone. Else until now. */
                to?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Joins"];
                    "application/vnd.apache.parquet": string;
                    "text/csv": string;
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_overview: {
        parameters: {
            query?: {
                /** @description As what: else as `Accept` says, else JSON. A file has all pages. */
                format?: "json" | "csv" | "parquet" | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Overview"];
                    "application/vnd.apache.parquet": string;
                    "text/csv": string;
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_engagement: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description As what: else as `Accept` says, else JSON. A file has all pages. */
                format?: "json" | "csv" | "parquet" | null;
                /** @description From then on. A date (2026-11-21), which begins as the deployment's days do, or a time with its zone. Else the last thirty days. */
                from?: string | null;
                /** @description How many items at most. */
                limit?: number;
                /** @description Whether who has most of it comes first, or least. */
                order?: "most" | "least";
                /** @description On which side; else all that are no providers. */
                side?: "client" | "provider" | "none" | null;
                /** @description By what. */
                sort?: "sessions" | "attended" | "messages" | "reactions" | "ratings" | "no_shows";
                /** @description Before then. A date (2026-11-21), which begins as the deployment's days do, or a time with its zone. Else until now. */
                to?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["People"];
                    "application/vnd.apache.parquet": string;
                    "text/csv": string;
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_problem_calls: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description As what: else as `Accept` says, else JSON. A file has all pages. */
                format?: "json" | "csv" | "parquet" | null;
                /** @description From then on. A date (2026-11-21), which begins as the deployment's days do, or a time with its zone. Else the last thirty days. */
                from?: string | null;
                /** @description How many items at most. */
                limit?: number;
                /** @description How many disconnections a call may have. */
                more_than?: number;
                /** @description Of this provider alone: `user:…`. */
                provider?: string | null;
                /** @description Before then. A date (2026-11-21), which begins as the deployment's days do, or a time with its zone. Else until now. */
                to?: string | null;
                /** @description Only those that are among them for this. */
                why?: "disconnections" | "poor" | "failed" | "critical" | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProblemCalls"];
                    "application/vnd.apache.parquet": string;
                    "text/csv": string;
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_providers: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description As what: else as `Accept` says, else JSON. A file has all pages. */
                format?: "json" | "csv" | "parquet" | null;
                /** @description From then on. A date (2026-11-21), which begins as the deployment's days do, or a time with its zone. Else the last thirty days. */
                from?: string | null;
                /** @description How many items at most. */
                limit?: number;
                /** @description Whether who has most of it comes first, or least. */
                order?: "most" | "least";
                /** @description Of this provider alone: `user:…`. */
                provider?: string | null;
                /** @description By what. */
                sort?: "sessions" | "calls" | "attended" | "average" | "overlap" | "speaking" | "messages" | "reactions" | "disconnections" | "issues" | "failed" | "no_shows" | "client_no_shows" | "late" | "rating" | "score";
                /** @description Before then. A date (2026-11-21), which begins as the deployment's days do, or a time with its zone. Else until now. */
                to?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Providers"];
                    "application/vnd.apache.parquet": string;
                    "text/csv": string;
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_quality: {
        parameters: {
            query?: {
                /** @description Of this value alone. One dimension at a time. */
                browser?: string | null;
                /** @description By hour of the day, by weekday, or by a dimension. */
                by?: "hour_of_day" | "weekday" | "engine" | "mode" | "kind" | "provider" | "room" | "tag" | "browser" | "os" | "device" | "network" | "country" | null;
                /** @description Of this value alone. One dimension at a time. */
                country?: string | null;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                device?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                engine?: string | null;
                /** @description As what: else as `Accept` says, else JSON. A file has all pages. */
                format?: "json" | "csv" | "parquet" | null;
                /** @description From then on. A date (2026-11-21), which begins as the deployment's days do, or a time with its zone. Else the last thirty days. */
                from?: string | null;
                /** @description How far the points of a series are apart. */
                interval?: "hour" | "day" | "week" | "month" | null;
                /** @description Of this value alone. One dimension at a time. */
                kind?: string | null;
                /** @description How many items at most. */
                limit?: number;
                /** @description Of this value alone. One dimension at a time. */
                mode?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                network?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                os?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                provider?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                room?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                tag?: string | null;
                /** @description Before then. A date (2026-11-21), which begins as the deployment's days do, or a time with its zone. Else until now. */
                to?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Quality"];
                    "application/vnd.apache.parquet": string;
                    "text/csv": string;
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_volume: {
        parameters: {
            query?: {
                /** @description Of this value alone. One dimension at a time. */
                browser?: string | null;
                /** @description By which dimension it is divided. */
                by?: "engine" | "mode" | "kind" | "provider" | "room" | "tag" | "browser" | "os" | "device" | "network" | "country" | null;
                /** @description Of this value alone. One dimension at a time. */
                country?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                device?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                engine?: string | null;
                /** @description As what: else as `Accept` says, else JSON. A file has all pages. */
                format?: "json" | "csv" | "parquet" | null;
                /** @description From then on. A date (2026-11-21), which begins as the deployment's days do, or a time with its zone. Else the last thirty days. */
                from?: string | null;
                /** @description How far the points of a series are apart. */
                interval?: "hour" | "day" | "week" | "month" | null;
                /** @description Of this value alone. One dimension at a time. */
                kind?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                mode?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                network?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                os?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                provider?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                room?: string | null;
                /** @description Of this value alone. One dimension at a time. */
                tag?: string | null;
                /** @description Before then. A date (2026-11-21), which begins as the deployment's days do, or a time with its zone. Else until now. */
                to?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Volume"];
                    "application/vnd.apache.parquet": string;
                    "text/csv": string;
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_appointments: {
        parameters: {
            query?: {
                /** @description `user:…` or `guest:…` */
                client_id?: string | null;
                conversation_id?: string | null;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description Planned to begin on this day of `time_zone`. */
                day?: string | null;
                external_id?: string | null;
                /** @description The members that are wanted, with commas between; the others are left out. */
                fields?: string | null;
                /** @description Planned to begin not before this time. */
                from?: string | null;
                is_video_call?: boolean | null;
                kind?: "individual" | "group" | "assessment" | null;
                /** @description How many items at most. */
                limit?: number;
                /** @description Which come first. */
                order?: "soonest" | "latest";
                /** @description `user:…` or `guest:…` */
                person?: string | null;
                /** @description `user:…` or `guest:…` */
                provider_id?: string | null;
                room?: string | null;
                status?: "pending" | "confirmed" | "in_progress" | "completed" | "cancelled" | "declined" | "no_show" | null;
                /** @description Whose day; the deployment's where it is not said. */
                time_zone?: string | null;
                /** @description Planned to begin before this time. */
                to?: string | null;
                /** @description Only those that are to come or not over yet, and neither declined nor cancelled. */
                upcoming?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.planning.appointment_routes.ShownAppointment_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_appointment: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewAppointment"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShownAppointment"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_appointment: {
        parameters: {
            query?: {
                /** @description The members that are wanted, with commas between; the others are left out. */
                fields?: string | null;
            };
            header?: never;
            path: {
                appointment_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShownAppointment"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_appointment: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                appointment_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AppointmentChange"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShownAppointment"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_attendance: {
        parameters: {
            query?: {
                /** @description As what: else as `Accept` says, else JSON. */
                format?: "json" | "csv" | "pdf" | null;
            };
            header?: never;
            path: {
                appointment_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Attendance"];
                    "application/pdf": string;
                    "text/csv": string;
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_calls_of_appointment: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
            };
            header?: never;
            path: {
                appointment_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.record.shown.Call_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancel_appointment: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                appointment_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Reason"] | null;
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShownAppointment"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    complete_appointment: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                appointment_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShownAppointment"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    confirm_appointment: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                appointment_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShownAppointment"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    decline_appointment: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                appointment_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Reason"] | null;
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShownAppointment"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_invites_of_appointment: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                appointment_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.planning.appointment_routes.InviteOfAttendee_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    miss_appointment: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                appointment_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NoShow"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShownAppointment"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_notes: {
        parameters: {
            query?: {
                /** @description Those of one class. */
                class?: "general" | "psychotherapy" | "sud_counseling" | null;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
                /** @description Who reads, for the trail: `user:…` or `guest:…`. */
                reader?: string | null;
            };
            header?: never;
            path: {
                appointment_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.compliance.notes.Note_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_note: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                appointment_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewNote"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Note"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    read_note: {
        parameters: {
            query?: {
                /** @description Who reads, for the trail: `user:…` or `guest:…`. */
                reader?: string | null;
                /** @description The newest where none is given. */
                version?: number | null;
            };
            header?: never;
            path: {
                appointment_id: string;
                note_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenNote"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    amend_note: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                appointment_id: string;
                note_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NoteAmendment"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Note"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    erase_note: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                appointment_id: string;
                note_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_note_versions: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
            };
            header?: never;
            path: {
                appointment_id: string;
                note_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.compliance.notes.NoteVersion_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_audit: {
        parameters: {
            query?: {
                action?: components["schemas"]["Action"] | null;
                appointment_id?: string | null;
                call_id?: string | null;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description `user:…` or `guest:…` */
                identity?: string | null;
                /** @description How many items at most. */
                limit?: number;
                room?: string | null;
                since?: string | null;
                until?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.compliance.routes.ShownEntry_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    prove_audit: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                entry_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Proof"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    export_audit: {
        parameters: {
            query?: {
                /** @description Also who each entry was about, as far as they were not erased. */
                identities?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Stream Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/x-ndjson": unknown;
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_audit_state: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Standing"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_calls: {
        parameters: {
            query?: {
                appointment_id?: string | null;
                conversation_id?: string | null;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                external_id?: string | null;
                /** @description The members that are wanted, with commas between; the others are left out. */
                fields?: string | null;
                /** @description Not before this time. */
                from?: string | null;
                guest_id?: string | null;
                /** @description `user:…` or `guest:…` */
                initiator?: string | null;
                is_demo?: boolean | null;
                /** @description How many items at most. */
                limit?: number;
                mode?: "p2p" | "sfu" | null;
                record_state?: "live" | "provisional" | "final" | null;
                room?: string | null;
                status?: "initiated" | "ringing" | "active" | "ended" | "failed" | null;
                /** @description Before this time. */
                to?: string | null;
                type?: "video" | "audio" | null;
                user_id?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.record.shown.Call_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_call: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CallToMake"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Call"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_call: {
        parameters: {
            query?: {
                /** @description The members that are wanted, with commas between; the others are left out. */
                fields?: string | null;
            };
            header?: never;
            path: {
                call_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Call"] | components["schemas"]["SeenCall"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    decline_call: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                call_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Decliner"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Call"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    end_call: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                call_id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Ending"] | null;
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Call"] | components["schemas"]["SeenCall"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_events: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
            };
            header?: never;
            path: {
                call_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.record.queries.StoredEvent_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    join_by_server: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                call_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JoinByServer"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Admission"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_participants: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                call_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.record.shown.Participant_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    admit_participant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                call_id: string;
                participant_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    refuse_participant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                call_id: string;
                participant_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_participant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                call_id: string;
                participant_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rebuild_call: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                call_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Call"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_report: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                call_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Report"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    ring_call: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                call_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PeopleToRing"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Call"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_samples: {
        parameters: {
            query?: {
                /** @description Our id of the connection. */
                connection?: string | null;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                direction?: "inbound" | "outbound" | null;
                /** @description Begun not before this time. */
                from?: string | null;
                kind?: "audio" | "video" | "screen" | null;
                /** @description How many items at most. */
                limit?: number;
                /** @description `user:…` or `guest:…` */
                participant?: string | null;
                /** @description Begun before this time. */
                to?: string | null;
            };
            header?: never;
            path: {
                call_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.quality.routes.KeptSample_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_series: {
        parameters: {
            query?: {
                /** @description In how many steps at most. */
                points?: number;
            };
            header?: never;
            path: {
                call_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Series"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_settings: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                call_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CallSettingsToChange"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Call"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_timeline: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
            };
            header?: never;
            path: {
                call_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.calls.rules.TimelineEntry_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_summaries: {
        parameters: {
            query?: {
                appointment_id?: string | null;
                /** @description `unknown` is also what has no report yet. */
                category?: "excellent" | "good" | "fair" | "poor" | "unknown" | null;
                conversation_id?: string | null;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                engine?: "p2p" | "livekit" | "jitsi" | "mediasoup" | "external" | null;
                /** @description Not before this time. */
                from?: string | null;
                has_issues?: boolean | null;
                /** @description How many items at most. */
                limit?: number;
                min_disconnections?: number | null;
                mode?: "p2p" | "sfu" | null;
                /** @description `user:…` or `guest:…` */
                person?: string | null;
                /** @description `user:…` or `guest:…` */
                provider?: string | null;
                room?: string | null;
                status?: "initiated" | "ringing" | "active" | "ended" | "failed" | null;
                /** @description Before this time. */
                to?: string | null;
                type?: "video" | "audio" | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Summaries"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_conversations: {
        parameters: {
            query?: {
                /** @description Those that are active, or those that are not. */
                active?: boolean | null;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                kind?: string | null;
                /** @description How many items at most. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.planning.conversations.Conversation_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_conversation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The host's own id of a conversation. */
                conversation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    save_conversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The host's own id of a conversation. */
                conversation_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConversationGiven"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    erase_conversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The host's own id of a conversation. */
                conversation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request accepted, processing continues off-line */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Erasure"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_conversation: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The host's own id of a conversation. */
                conversation_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConversationChange"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Conversation"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_calls_of_conversation: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description Not before this time. */
                from?: string | null;
                /** @description How many items at most. */
                limit?: number;
                status?: "initiated" | "ringing" | "active" | "ended" | "failed" | null;
                /** @description Before this time. */
                to?: string | null;
            };
            header?: never;
            path: {
                /** @description The host's own id of a conversation. */
                conversation_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.record.shown.Call_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    show_erasure: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                erasure_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Erasure"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_events: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    events: components["schemas"]["Fact"][];
                };
            };
        };
        responses: {
            /** @description What became of each. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Result"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_appointments_of_guest: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description The members that are wanted, with commas between; the others are left out. */
                fields?: string | null;
                /** @description Planned to begin not before this time. */
                from?: string | null;
                is_video_call?: boolean | null;
                /** @description How many items at most. */
                limit?: number;
                /** @description Which come first. */
                order?: "soonest" | "latest";
                status?: "pending" | "confirmed" | "in_progress" | "completed" | "cancelled" | "declined" | "no_show" | null;
                /** @description Planned to begin before this time. */
                to?: string | null;
                /** @description Only those that are to come or not over yet, and neither declined nor cancelled. */
                upcoming?: boolean;
            };
            header?: never;
            path: {
                /** @description The host's own id of somebody. */
                guest_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.planning.appointment_routes.ShownAppointment_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_calls_of_guest: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description Not before this time. */
                from?: string | null;
                /** @description How many items at most. */
                limit?: number;
                /** @description Before this time. */
                to?: string | null;
            };
            header?: never;
            path: {
                /** @description The host's own id of somebody. */
                guest_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.record.shown.Call_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_invite: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                invite_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InviteLink"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revoke_invite: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                invite_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    join: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JoinByInvite"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Admission"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resume: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["JoinAgain"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Admission"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_keys: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.access.keys.ApiKey_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_key: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["KeyToMake"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewKey"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    revoke_key: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_figures: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description As what: else as `Accept` says, else JSON. A file has all pages. */
                format?: "json" | "csv" | "parquet" | null;
                /** @description Periods that begin then or later. */
                from?: string | null;
                /** @description How many items at most. */
                limit?: number;
                period?: "hourly" | "daily" | "weekly" | "monthly";
                /** @description Periods that begin before. */
                to?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.analytics.routes.ShownMetrics_"];
                    "application/vnd.apache.parquet": string;
                    "text/csv": string;
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_people: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
                /** @description What their names begin with, in capitals or not. */
                q?: string | null;
                side?: "client" | "provider" | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.planning.people.Person_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_person: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description `user:…` or `guest:…` */
                identity: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Person"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    save_person: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description `user:…` or `guest:…` */
                identity: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PersonGiven"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Person"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_rooms: {
        parameters: {
            query?: {
                conversation_id?: string | null;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
                /** @description Those that are open, or those that are closed. */
                open?: boolean | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.planning.routes.ShownRoom_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_room: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewRoom"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShownRoom"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_room: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShownRoom"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_room: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RoomChange"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShownRoom"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    close_room: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ShownRoom"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_invites: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description How many items at most. */
                limit?: number;
            };
            header?: never;
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.joining.routes.ShownInvite_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_invite: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path: {
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewInvite"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InviteLink"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_samples: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    samples: components["schemas"]["SampleFact"][];
                };
            };
        };
        responses: {
            /** @description What became of each. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Result"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    find: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Search"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Found"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_session: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Credentials"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    sign_out: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": null;
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_live_token: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LiveToken"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_password: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_sessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.access.sessions.ShownSession_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    end_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                session_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    begin_second_factor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewSecondFactor"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_second_factor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CodeShown"];
            };
        };
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    confirm_second_factor: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CodeShown"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecoveryCodes"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    renew_recovery_codes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CodeShown"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecoveryCodes"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_deployed_settings: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.planning.deployed.ExplainedSetting_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    change_deployed_settings: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeploymentSettingsToChange"];
            };
        };
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.planning.deployed.ExplainedSetting_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    create_user_token: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TokenToMake"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserToken"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_active_call_of_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The host's own id of somebody. */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ActiveCall"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_appointments_of_user: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description The members that are wanted, with commas between; the others are left out. */
                fields?: string | null;
                /** @description Planned to begin not before this time. */
                from?: string | null;
                is_video_call?: boolean | null;
                /** @description How many items at most. */
                limit?: number;
                /** @description Which come first. */
                order?: "soonest" | "latest";
                status?: "pending" | "confirmed" | "in_progress" | "completed" | "cancelled" | "declined" | "no_show" | null;
                /** @description Planned to begin before this time. */
                to?: string | null;
                /** @description Only those that are to come or not over yet, and neither declined nor cancelled. */
                upcoming?: boolean;
            };
            header?: never;
            path: {
                /** @description The host's own id of somebody. */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.planning.appointment_routes.ShownAppointment_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_calls_of_user: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                /** @description Not before this time. */
                from?: string | null;
                /** @description How many items at most. */
                limit?: number;
                /** @description Before this time. */
                to?: string | null;
            };
            header?: never;
            path: {
                /** @description The host's own id of somebody. */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.record.shown.Call_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_stats_of_user: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The host's own id of somebody. */
                user_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonStats"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    list_views: {
        parameters: {
            query?: {
                /** @description Of this page alone. */
                page?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, document follows */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_callwell.access.saved_views.SavedView_"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    save_view: {
        parameters: {
            query?: never;
            header?: {
                /** @description Made once for a write and sent with every try of it: it then happens once. Kept for 24 h. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ViewToSave"];
            };
        };
        responses: {
            /** @description Document created, URL follows */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SavedView"];
                };
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    remove_view: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                view_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Request fulfilled, nothing follows */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description A problem. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
