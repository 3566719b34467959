"""Settings that moto reads when it is imported. Import this module before any of moto's."""

import os

ACCOUNT_ID = "000000000000"

os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT_ID
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
os.environ["MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION"] = "true"
os.environ["MOTO_ENABLE_AMI_VALIDATION"] = "true"
os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
