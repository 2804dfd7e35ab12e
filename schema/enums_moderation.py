"""The vocabularies of moderation as GraphQL enums."""

from db.words_moderation import (
    Activity,
    AuditAction,
    CaseStatus,
    DecisionEffect,
    DecisionOutcome,
    Policy,
    ReportReason,
    ReportStatus,
    SubjectKind,
)
from schema.enums import publish

publish(
    SubjectKind,
    "What can be reported.",
    ARTWORK="An artwork.",
    COMMENT="A comment.",
    PICTURE="A single image, such as one of a gallery.",
    USER="A user: their name, their profile, what they do.",
    COLLECTION="A collection: its title and description.",
    CHARACTER="A character, with its gallery.",
    STORY="A story, with its gallery.",
    ORIG_CHAT="An original chat, with its gallery.",
)
publish(
    ReportReason,
    "What is wrong with something.",
    SPAM="Advertising, or the same over and over.",
    HARASSMENT="It harasses or threatens somebody.",
    HATE="It incites hatred against people for what they are.",
    IMPERSONATION="Somebody pretends to be somebody else.",
    VIOLENCE="Cruelty or violence.",
    SEXUAL="It is sexually explicit.",
    MINORS="It sexualises or endangers minors.",
    SELF_HARM="It encourages people to hurt themselves.",
    WRONG_LEVEL="Its content level is lower than it should be.",
    RIGHTS="It infringes copyright, a trade mark or the like.",
    PRIVACY="It shows or tells of a person what is private.",
    OTHER="Something else; say what.",
)
publish(
    Policy,
    "Which rules of the house a decision stands on.",
    CONDUCT="How people treat each other.",
    CONTENT="What may be shown, and to whom.",
    RIGHTS="What belongs to others.",
)
publish(
    ReportStatus,
    "Where a report is in its life.",
    PENDING="Nobody has looked at it yet.",
    PROCESSING="A moderator has taken its case.",
    ACTIONED="It was right, and something was done.",
    UNACTIONED="Nothing against the rules was found.",
)
publish(
    CaseStatus,
    "Where a moderation case is in its life.",
    OPEN="Waits for a moderator.",
    IN_REVIEW="A moderator has taken it.",
    UPHELD="What was reported is against the rules, and something was done.",
    OVERTURNED="Nothing against the rules was found, or an appeal was right: all that was done is undone.",
    REMOVED="What was reported is against the rules, and was removed.",
    APPEALED="The one concerned asks to look at it again; waits for another moderator.",
    UPHELD_FINAL="It was looked at again, and stays as it was decided.",
)
publish(
    DecisionOutcome,
    "What was decided.",
    HELD="Many have reported it: it is out of sight until a moderator has looked. Never chosen by a moderator.",
    UPHELD="It is against the rules: with WARN, RELABEL, HIDE or RESTRICT.",
    REMOVED="It is against the rules and goes: with REMOVE.",
    OVERTURNED="It is in order, or the appeal is right: with NONE. All that was done is undone.",
    UPHELD_FINAL="Of an appeal: it stays as it was decided; with NONE.",
)
publish(
    DecisionEffect,
    "What a decision does.",
    NONE="Nothing.",
    WARN="The one concerned is told; nothing else.",
    RELABEL="The content level of an artwork with its images, or of an image, is raised to `contentLevel`.",
    HIDE="It is out of sight for all but its author and moderators. Comes with a strike.",
    REMOVE="As HIDE; of an artwork, its images are out of sight everywhere and can not be used. Comes with a strike.",
    RESTRICT="The one concerned may not do some things until a moment. Comes with a strike.",
)
publish(
    Activity,
    "What a restricted user may not do.",
    PUBLISH="Show others anything new: artworks, collections, characters and the like, presets, a profile.",
    COMMENT="Write comments, or write them anew.",
    GENERATE="Have pictures painted.",
    REPORT="Report what others do. Only where a moderator names it.",
)
publish(
    AuditAction,
    "What was done.",
    CASE_OPENED="The first report of something has opened a case.",
    CASE_TAKEN="A moderator has taken a case.",
    CASE_RELEASED="A moderator has left a case to others.",
    CASE_HELD="Reports have hidden something until a moderator looks.",
    CASE_DECIDED="A moderator has decided.",
    CASE_APPEALED="The one concerned has appealed.",
    USER_RESTRICTED="A user was restricted.",
    RESTRICTION_LIFTED="A restriction was ended before its time.",
)
