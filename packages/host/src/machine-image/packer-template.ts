/** What the template depends on besides its variables. */
export interface PackerTemplateOptions {
  readonly amiName: string;
  readonly digest: string;
  readonly architecture: "x86_64" | "arm64";
  readonly source: { readonly name: string; readonly owner: string };
  readonly sshUser: string;
  readonly instanceType: string;
}

const variables = `variable "region" {
  type = string
}

# Empty on AWS.
variable "custom_endpoint_ec2" {
  type    = string
  default = ""
}

# Empty: the default VPC.
variable "subnet_id" {
  type    = string
  default = ""
}

# Where Packer runs inside the VPC: "private_ip".
variable "ssh_interface" {
  type    = string
  default = "public_ip"
}

# Empty: the account's own key for EBS, with which no other account can launch the image.
variable "key_arn" {
  type    = string
  default = ""
}

variable "manifest" {
  type    = string
  default = "manifest.json"
}
`;

/** The template, in the HCL2 of Packer 1.6.6 and newer. What differs per account are variables, so that the digest does not. */
export function packerTemplate(options: PackerTemplateOptions): string {
  const { amiName, architecture, source, sshUser, instanceType } = options;
  return `${variables}
source "amazon-ebs" "host" {
  region                      = var.region
  custom_endpoint_ec2         = var.custom_endpoint_ec2
  subnet_id                   = var.subnet_id
  ssh_interface               = var.ssh_interface
  associate_public_ip_address = var.ssh_interface == "public_ip"

  ami_name        = "${amiName}"
  ami_description = "Coinfleet host: docker, units and scripts; no node"
  instance_type   = "${instanceType}"
  ssh_username    = "${sshUser}"
  ena_support     = true

  # The image is encrypted with the key of the volume that it is made of. Both distributions name it so.
  launch_block_device_mappings {
    device_name           = "/dev/xvda"
    encrypted             = true
    kms_key_id            = var.key_arn
    volume_type           = "gp3"
    # What gp3 has anyway: 1.6.6 wants to hear it.
    iops                  = 3000
    throughput            = 125
    delete_on_termination = true
  }

  source_ami_filter {
    filters = {
      name                = "${source.name}"
      architecture        = "${architecture}"
      root-device-type    = "ebs"
      virtualization-type = "hvm"
    }
    owners      = ["${source.owner}"]
    most_recent = true
  }

${["tags", "run_tags", "snapshot_tags"].map((name) => tags(name, options)).join("\n")}
}

build {
  sources = ["source.amazon-ebs.host"]

  # A first boot must have ended: its package manager would hold the lock.
  provisioner "shell" {
    inline = ["cloud-init status --wait >/dev/null 2>&1 || true"]
  }

  provisioner "file" {
    source      = "\${path.root}/provision"
    destination = "/tmp"
  }

  provisioner "shell" {
    inline = ["sudo bash /tmp/provision/install.sh"]
  }

  post-processor "manifest" {
    output     = var.manifest
    strip_path = true
  }
}
`;
}

const tags = (name: string, { amiName, digest }: PackerTemplateOptions): string => `  ${name} = {
    Name                = "${amiName}"
    "coinfleet:digest"  = "${digest}"
    "coinfleet:purpose" = "host"
  }`;

/** For Packer 1.7 and newer, in a folder of its own: \`packer init plugins\`. 1.6.6 has the builder inside, and refuses this block. */
export const packerPlugins = `packer {
  required_plugins {
    amazon = {
      source  = "github.com/hashicorp/amazon"
      version = ">= 1.2.0"
    }
  }
}
`;
