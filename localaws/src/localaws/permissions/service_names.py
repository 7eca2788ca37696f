"""By which names a service goes: in signatures, in botocore and in policies."""

APIS_OF_SIGNING_NAME: dict[str, tuple[str, ...]] = {
    "IoTSecuredTunneling": ("iotsecuretunneling",),
    "abuse": ("abuse-signal",),
    "access-analyzer": ("accessanalyzer",),
    "account-access": (
        "account-access",
        "account-access-runtime",
    ),
    "aco-automation": ("compute-optimizer-automation",),
    "agent-registry": (
        "agent-registry",
        "agent-registry-control",
    ),
    "aidevops": ("devops-agent",),
    "airflow": ("mwaa",),
    "airflow-serverless": ("mwaa-serverless",),
    "aoss": ("opensearchserverless",),
    "apigateway": (
        "apigateway",
        "apigatewayv2",
    ),
    "app-integrations": ("appintegrations",),
    "appconfig": (
        "appconfig",
        "appconfigdata",
    ),
    "application-cost-profiler": ("applicationcostprofiler",),
    "applicationinsights": ("application-insights",),
    "aps": ("amp",),
    "aws-marketplace": (
        "marketplace-agreement",
        "marketplace-catalog",
        "marketplace-deployment",
        "marketplace-discovery",
        "marketplace-entitlement",
        "marketplace-reporting",
        "meteringmarketplace",
    ),
    "awsssoportal": ("sso",),
    "backup-search": ("backupsearch",),
    "bedrock": (
        "bedrock",
        "bedrock-agent",
        "bedrock-agent-runtime",
        "bedrock-data-automation",
        "bedrock-data-automation-runtime",
        "bedrock-runtime",
    ),
    "bedrock-agentcore": (
        "bedrock-agentcore",
        "bedrock-agentcore-control",
    ),
    "cases": ("connectcases",),
    "cassandra": (
        "keyspaces",
        "keyspacesstreams",
    ),
    "chime": (
        "chime",
        "chime-sdk-identity",
        "chime-sdk-media-pipelines",
        "chime-sdk-meetings",
        "chime-sdk-messaging",
        "chime-sdk-voice",
    ),
    "cleanrooms-ml": ("cleanroomsml",),
    "cloudcontrolapi": ("cloudcontrol",),
    "cloudhsm": (
        "cloudhsm",
        "cloudhsmv2",
    ),
    "cloudsearch": (
        "cloudsearch",
        "cloudsearchdomain",
    ),
    "cloudwatch": ("cloudwatchomni",),
    "codeguru-profiler": ("codeguruprofiler",),
    "connect": (
        "connect",
        "connect-contact-lens",
        "connectscheduling",
    ),
    "connect-campaigns": (
        "connectcampaigns",
        "connectcampaignsv2",
    ),
    "dynamodb": (
        "dynamodb",
        "dynamodbstreams",
    ),
    "elasticfilesystem": ("efs",),
    "elasticloadbalancing": (
        "elb",
        "elbv2",
    ),
    "elasticmapreduce": ("emr",),
    "elemental-inference": ("elementalinference",),
    "end-user-messaging": ("endusermessaging",),
    "es": (
        "es",
        "opensearch",
    ),
    "events": (
        "events",
        "eventbridgev2",
    ),
    "execute-api": (
        "apigatewaymanagementapi",
        "connectparticipant",
    ),
    "forecast": (
        "forecast",
        "forecastquery",
    ),
    "geo": ("location",),
    "greengrass": (
        "greengrass",
        "greengrassv2",
    ),
    "health-agent": ("connecthealth",),
    "iam": (
        "iam",
        "iam-toolbox",
    ),
    "iotdata": ("iot-data",),
    "iotmanagedintegrations": ("iot-managed-integrations",),
    "ivs": (
        "ivs",
        "ivs-realtime",
    ),
    "kinesisanalytics": (
        "kinesisanalytics",
        "kinesisanalyticsv2",
    ),
    "kinesisvideo": (
        "kinesisvideo",
        "kinesis-video-archived-media",
        "kinesis-video-media",
        "kinesis-video-signaling",
        "kinesis-video-webrtc-storage",
    ),
    "lambda": (
        "lambda",
        "lambda-core",
        "lambda-microvms",
        "lambda-web",
    ),
    "launchwizard": ("launch-wizard",),
    "lex": (
        "lex-models",
        "lex-runtime",
        "lexv2-models",
        "lexv2-runtime",
    ),
    "mediastore": (
        "mediastore",
        "mediastore-data",
    ),
    "mgh": (
        "mgh",
        "migrationhub-config",
    ),
    "migrationhub-orchestrator": ("migrationhuborchestrator",),
    "migrationhub-strategy": ("migrationhubstrategy",),
    "mobiletargeting": ("pinpoint",),
    "monitoring": ("cloudwatch",),
    "mturk-requester": ("mturk",),
    "neptune-db": ("neptunedata",),
    "notifications-contacts": ("notificationscontacts",),
    "osm": ("opensearchmemory",),
    "partnercentral": ("partnercentral-revenue-measurement",),
    "payment-cryptography": (
        "payment-cryptography",
        "payment-cryptography-data",
    ),
    "personalize": (
        "personalize",
        "personalize-events",
        "personalize-runtime",
    ),
    "pricingplanmanager": ("pricing-plan-manager",),
    "profile": ("customer-profiles",),
    "rds": (
        "rds",
        "docdb",
        "neptune",
    ),
    "refactor-spaces": ("migration-hub-refactor-spaces",),
    "resiliencehub": (
        "resiliencehub",
        "resiliencehubv2",
    ),
    "s3": (
        "s3",
        "s3control",
    ),
    "s3-outposts": ("s3outposts",),
    "sagemaker": (
        "sagemaker",
        "sagemaker-a2i-runtime",
        "sagemaker-edge",
        "sagemaker-featurestore-runtime",
        "sagemaker-gateway-runtime",
        "sagemaker-inference-router-runtime",
        "sagemaker-metrics",
        "sagemaker-runtime",
        "sagemakerjobruntime",
        "sagemakertrainingsessionruntime",
    ),
    "scn": ("supplychain",),
    "sdb": (
        "sdb",
        "simpledbv2",
    ),
    "servicecatalog": (
        "servicecatalog",
        "servicecatalog-appregistry",
    ),
    "servicequotas": ("service-quotas",),
    "ses": (
        "ses",
        "mailmanager",
        "pinpoint-email",
        "sesv2",
    ),
    "signer": (
        "signer",
        "signer-data",
    ),
    "sms-voice": (
        "sms-voice",
        "pinpoint-sms-voice",
        "pinpoint-sms-voice-v2",
    ),
    "social-messaging": ("socialmessaging",),
    "sso": ("sso-admin",),
    "sso-oauth": ("sso-oidc",),
    "states": ("stepfunctions",),
    "supportapp": ("support-app",),
    "tagging": ("resourcegroupstaggingapi",),
    "tax": ("taxsettings",),
    "thinclient": ("workspaces-thin-client",),
    "timestream": (
        "timestream-query",
        "timestream-write",
    ),
    "voiceid": ("voice-id",),
    "wisdom": (
        "wisdom",
        "qconnect",
    ),
}
"""What botocore calls the services that sign with a name, where that is not one of this name.

A test compares this with botocore's models; to read all of them takes three seconds.
"""

_PREFIXES = {
    "IoTSecuredTunneling": "iot",
    "awsssoportal": "sso",
    "cloudcontrolapi": "cloudformation",
    "data.iot": "iot",
    "eventbridge": "events",
    "iotdata": "iot",
    "monitoring": "cloudwatch",
    "mturk-requester": "mechanicalturk",
    "tagging": "tag",
}


def policy_prefix(signing_name: str) -> str:
    """Return the prefix of the actions of a service in policies.

    Examples
    --------
    >>> policy_prefix("monitoring"), policy_prefix("states")
    ('cloudwatch', 'states')
    """
    return _PREFIXES.get(signing_name, signing_name)
